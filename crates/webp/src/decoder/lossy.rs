//! Lossy frames: in comes the payload of a `VP8 ` chunk, out come rows of pixels with the alpha of its own chunk.

use fic_core::{Budget, Error, Format, Hold, PixelLayout, Span, Stage};

use crate::admit::Admitted;
use crate::alph::Alph;
use crate::alpha_rows::AlphaRows;
use crate::decoder::lossless::alpha_rows;
use crate::riff::offset_of;
use crate::vp8::Vp8;
use crate::vp8::frame::{CutShort, Frame, Part};
use crate::yuv::Upsampled;

/// A lossy picture, its rows made one by one.
pub(super) struct Lossy<'a> {
    frame: Frame<'a>,
    upsampled: Upsampled,
    alpha: Option<AlphaRows<'a>>,
    next: usize,
    /// Where in the file the frame ends.
    end: u64,
    _held: Hold,
}

impl<'a> Lossy<'a> {
    /// Starts on the `VP8 ` payload at `data`, and decodes its alpha.
    pub(super) fn open(
        header: &Vp8,
        data: Span,
        alpha: Option<Alph>,
        admitted: &Admitted<'a>,
        budget: &Budget,
    ) -> Result<Lossy<'a>, Error> {
        let alpha = alpha.map(|alpha| alpha_rows(alpha, admitted, budget)).transpose()?;
        let held = budget.hold(admitted.memory.lossy)?;
        let frame = Frame::new(data.of(admitted.input), header);
        let upsampled = Upsampled::new(header.width as usize, header.height as usize);
        Ok(Lossy { frame, upsampled, alpha, next: 0, end: offset_of(data.end), _held: held })
    }

    /// Makes the next row.
    pub(super) fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        let row = self.next;
        while self.frame.ready() <= row {
            self.frame.decode_row().map_err(|cut| malformed(cut, self.end))?;
        }
        self.next += 1;
        if layout != PixelLayout::Rgba {
            self.upsampled.row::<3>(self.frame.planes(), row, out);
            return Ok(());
        }
        self.upsampled.row::<4>(self.frame.planes(), row, out);
        let pixels = out.chunks_exact_mut(4);
        match &mut self.alpha {
            Some(alpha) => pixels.zip(alpha.next_row()?).for_each(|(pixel, &alpha)| pixel[3] = alpha),
            None => pixels.for_each(|pixel| pixel[3] = 255),
        }
        Ok(())
    }

    /// Whether rows of alpha were missing.
    pub(super) fn was_truncated(&self) -> bool {
        self.alpha.as_ref().is_some_and(AlphaRows::was_truncated)
    }
}

/// The number of the macroblock for which data was missing is what was found.
fn malformed(cut: CutShort, end: u64) -> Error {
    let what = match cut.part {
        Part::Coefficients => "VP8 partition of coefficients ends before the macroblock",
        Part::Modes => "VP8 partition of modes ends before the macroblock",
    };
    Error::malformed(Stage::Decode, Format::WebP, what).found(cut.macroblock).at(end)
}
