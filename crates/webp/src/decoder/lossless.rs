//! Lossless frames, and alpha that is coded as one: in comes a VP8L stream, out come rows of pixels.

use fic_core::{Budget, Error, Format, Hold, PixelLayout, Span, Truncated};

use crate::admit::Admitted;
use crate::alph::{Alph, Compression};
use crate::alpha_rows::{AlphaRows, Values};
use crate::riff::offset_of;
use crate::vp8l::{self, NoRow, Rows};
use crate::vp8x::FrameArea;
use crate::widest::widest;

/// A lossless picture, decoded row by row.
pub(super) struct Lossless<'a> {
    rows: LosslessRows<'a>,
}

impl<'a> Lossless<'a> {
    /// Starts decoding the `VP8L` payload at `data`.
    pub(super) fn open(data: Span, admitted: &Admitted<'a>, budget: &Budget) -> Result<Lossless<'a>, Error> {
        let stream = Span { start: data.start.saturating_add(vp8l::HEADER), end: data.end };
        let FrameArea { width, height, .. } = admitted.area;
        Ok(Lossless { rows: LosslessRows::open(stream, (width, height), admitted, budget)? })
    }

    /// Makes the next row.
    pub(super) fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        let Some(row) = self.rows.next_row()? else {
            out.fill(0);
            return Ok(());
        };
        match layout {
            PixelLayout::Rgba => widest!(put_rgba(row, out)),
            _ => widest!(put_rgb(row, out)),
        }
        Ok(())
    }

    /// Whether rows were missing.
    pub(super) fn was_truncated(&self) -> bool {
        self.rows.was_truncated()
    }
}

#[inline(always)]
fn put_rgba(row: &[u32], out: &mut [u8]) {
    for (out, argb) in out.chunks_exact_mut(4).zip(row) {
        out.copy_from_slice(&argb.rotate_left(8).to_be_bytes());
    }
}

/// Four pixels make three words.
#[inline(always)]
fn put_rgb(row: &[u32], out: &mut [u8]) {
    let (fours, rest) = row.as_chunks::<4>();
    let (twelves, rest_out) = out.split_at_mut(fours.len() * 12);
    for (&[a, b, c, d], out) in fours.iter().zip(twelves.as_chunks_mut::<12>().0) {
        let (a, b, c, d) = (bgr(a), bgr(b), bgr(c), bgr(d));
        let (first, second, third) = (a | b << 24, b >> 8 | c << 16, c >> 16 | d << 8);
        out[..4].copy_from_slice(&first.to_le_bytes());
        out[4..8].copy_from_slice(&second.to_le_bytes());
        out[8..].copy_from_slice(&third.to_le_bytes());
    }
    for (out, argb) in rest_out.chunks_exact_mut(3).zip(rest) {
        out.copy_from_slice(&argb.to_be_bytes()[1..]);
    }
}

/// Red in the lowest byte, and no alpha.
#[inline(always)]
fn bgr(argb: u32) -> u32 {
    argb.swap_bytes() >> 8
}

/// The rows of a VP8L stream, as many as there are.
pub(crate) struct LosslessRows<'a> {
    rows: Rows<'a>,
    truncated: Truncated,
    /// Whether there was a row.
    started: bool,
    ended_early: bool,
    _held: Hold,
}

impl<'a> LosslessRows<'a> {
    fn open(
        stream: Span,
        size: (u32, u32),
        admitted: &Admitted<'a>,
        budget: &Budget,
    ) -> Result<LosslessRows<'a>, Error> {
        let plan = admitted.plan.as_ref();
        let plan = plan.ok_or_else(|| Error::upstream(Format::WebP, "VP8L stream that was not admitted"))?;
        let held = budget.hold(plan.heap)?;
        let offset = offset_of(stream.start);
        let rows = Rows::open(stream.of(admitted.input), offset, size, plan)?;
        Ok(LosslessRows {
            rows,
            truncated: admitted.truncated,
            started: false,
            ended_early: false,
            _held: held,
        })
    }

    /// The next row, each pixel as alpha, red, green, blue from the highest byte down; `None` where it and the
    /// ones after it are missing, and that is accepted; it is not where the first is missing.
    pub(crate) fn next_row(&mut self) -> Result<Option<&[u32]>, Error> {
        if self.ended_early {
            return Ok(None);
        }
        match self.rows.next_row() {
            Ok(row) => {
                self.started = true;
                Ok(Some(row))
            }
            Err(NoRow::Cut(_)) if self.started && self.truncated == Truncated::Accept => {
                self.ended_early = true;
                Ok(None)
            }
            Err(NoRow::Cut(err) | NoRow::Broken(err)) => Err(err),
        }
    }

    /// Whether rows were missing.
    pub(crate) fn was_truncated(&self) -> bool {
        self.ended_early
    }
}

/// The alpha of a lossy frame of that size; a compressed plane is the green of a lossless picture.
pub(super) fn alpha_rows<'a>(
    alpha: Alph,
    size: (u32, u32),
    admitted: &Admitted<'a>,
    budget: &Budget,
) -> Result<AlphaRows<'a>, Error> {
    let values = match alpha.compression {
        Compression::Raw => Values::Raw(alpha.data.of(admitted.input)),
        Compression::Lossless => {
            Values::Coded(Box::new(LosslessRows::open(alpha.data, size, admitted, budget)?))
        }
    };
    Ok(AlphaRows::new(values, alpha.filter, size.0 as usize))
}
