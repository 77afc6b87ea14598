//! Lossy frames: in comes the payload of a `VP8 ` chunk, out come rows of pixels with the alpha of its own chunk.

use fic_core::{Budget, Error, Format, Hold, PixelLayout, Span, Stage, Truncated};

use crate::admit::Admitted;
use crate::alph::Alph;
use crate::alpha_rows::AlphaRows;
use crate::decoder::lossless::alpha_rows;
use crate::riff::offset_of;
use crate::shrunk::{Opaque, Translucent};
use crate::vp8::Vp8;
use crate::vp8::frame::{CutShort, Frame, Part};
use crate::yuv::Upsampled;

/// A lossy picture, its rows made one by one.
pub(super) struct Lossy<'a> {
    frame: Frame<'a>,
    rows: Rows<'a>,
    next: usize,
    source: Source,
    _held: Hold,
}

/// What becomes of the planes.
enum Rows<'a> {
    Opaque(Opaque),
    Translucent(Translucent<'a>),
    Full(Upsampled, Option<AlphaRows<'a>>),
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
        let alpha = alpha
            .map(|alpha| alpha_rows(alpha, (header.width, header.height), admitted, budget))
            .transpose()?;
        let held = budget.hold(admitted.memory.lossy)?;
        let frame = Frame::new(data.of(admitted.input), header, admitted.filtering);
        let size = (header.width as usize, header.height as usize);
        let source = Source { end: offset_of(data.end), truncated: admitted.truncated, was_truncated: false };
        let rows = match (admitted.scale as usize, alpha) {
            (1, alpha) => Rows::Full(Upsampled::new(size.0, size.1), alpha),
            (side, None) => Rows::Opaque(Opaque::new(size, side)),
            (side, Some(alpha)) => Rows::Translucent(Translucent::new(alpha, size, side)),
        };
        Ok(Lossy { frame, rows, next: 0, source, _held: held })
    }

    /// Makes the next row.
    pub(super) fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        let Lossy { frame, rows, next, source, .. } = self;
        match rows {
            Rows::Opaque(shrunk) => {
                while !shrunk.read(frame.planes(), frame.ready()) {
                    source.decode_row(frame)?;
                }
                match layout {
                    PixelLayout::Rgba => shrunk.finish::<4>(out),
                    _ => shrunk.finish::<3>(out),
                }
            }
            Rows::Translucent(shrunk) => {
                while !shrunk.read(frame.planes(), frame.ready())? {
                    source.decode_row(frame)?;
                }
                shrunk.finish(out);
            }
            Rows::Full(upsampled, alpha) => {
                while frame.ready() <= *next {
                    source.decode_row(frame)?;
                }
                match layout {
                    PixelLayout::Rgba => {
                        upsampled.row::<4>(frame.planes(), *next, out);
                        let pixels = out.chunks_exact_mut(4);
                        match alpha {
                            Some(alpha) => {
                                let alpha = alpha.next_row()?;
                                pixels.zip(alpha).for_each(|(pixel, &alpha)| pixel[3] = alpha);
                            }
                            None => pixels.for_each(|pixel| pixel[3] = 255),
                        }
                    }
                    _ => upsampled.row::<3>(frame.planes(), *next, out),
                }
                *next += 1;
            }
        }
        Ok(())
    }

    /// Whether macroblocks or rows of alpha were missing.
    pub(super) fn was_truncated(&self) -> bool {
        let of_alpha = match &self.rows {
            Rows::Opaque(_) => false,
            Rows::Translucent(shrunk) => shrunk.was_truncated(),
            Rows::Full(_, alpha) => alpha.as_ref().is_some_and(AlphaRows::was_truncated),
        };
        self.source.was_truncated || of_alpha
    }
}

/// What is known about missing data.
struct Source {
    /// Where in the file the frame ends.
    end: u64,
    truncated: Truncated,
    was_truncated: bool,
}

impl Source {
    /// Decodes the next row of macroblocks. Missing data is an error, or grey where the caller accepts pictures that
    /// end early, if they have one macroblock at all.
    fn decode_row(&mut self, frame: &mut Frame<'_>) -> Result<(), Error> {
        match (frame.decode_row(), self.truncated) {
            (Ok(()), _) => Ok(()),
            (Err(cut), Truncated::Accept) if cut.macroblock > 0 => {
                frame.go_on(cut);
                self.was_truncated = true;
                Ok(())
            }
            (Err(cut), _) => Err(malformed(cut, self.end)),
        }
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
