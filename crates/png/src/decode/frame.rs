//! Adam7: the rows of seven passes, put where they belong in a whole frame (PNG 8.1).

use fic_core::{Budget, Error, PixelBuf, Truncated};

use super::rows::Rows;
use crate::admit::Admitted;
use crate::outline::Pass;

/// Decodes an interlaced picture; `true` beside it where rows are missing.
///
/// Where truncated files are accepted, each pixel also fills the place of its neighbours of later passes, so
/// that a picture that ends early is coarse and not full of holes.
pub(super) fn decode(admitted: &Admitted<'_>, budget: &Budget) -> Result<(PixelBuf, bool), Error> {
    let mut rows = Rows::open(admitted, budget)?;
    let (width, height, layout) = (admitted.width(), admitted.height(), admitted.layout());
    let mut frame = PixelBuf::zeroed(layout, width, height, budget)?;
    let mut row = PixelBuf::zeroed(layout, width, 1, budget)?;
    let (stride, channels) = (frame.stride_bytes(), layout.channels());
    for pass in admitted.outline.ihdr.passes() {
        rows.start_pass();
        let row = &mut row.as_bytes_mut()[..pass.columns as usize * channels];
        let (across, down) = match admitted.truncated {
            Truncated::Accept => (pass.x.gap(), pass.y.gap()),
            Truncated::Reject => (1, 1),
        };
        for number in 0..pass.rows {
            budget.check(fic_core::Stage::Decode)?;
            if rows.next_into(row, pass.columns)? == 0 {
                return Ok((frame, true));
            }
            let first = pass.y.first + number * pass.y.step;
            let last = first.saturating_add(down).min(height);
            let lines = &mut frame.as_bytes_mut()[first as usize * stride..last as usize * stride];
            for line in lines.chunks_exact_mut(stride) {
                match channels {
                    1 => place::<1>(row, line, &pass, across),
                    2 => place::<2>(row, line, &pass, across),
                    3 => place::<3>(row, line, &pass, across),
                    _ => place::<4>(row, line, &pass, across),
                }
            }
        }
    }
    Ok((frame, rows.was_truncated()))
}

/// The pixels of a row of `pass` into a line of the picture, each `across` times.
fn place<const C: usize>(row: &[u8], line: &mut [u8], pass: &Pass, across: u32) {
    let places = &mut line.as_chunks_mut::<C>().0[pass.x.first as usize..];
    for (places, pixel) in places.chunks_mut(pass.x.step as usize).zip(row.as_chunks::<C>().0) {
        places.iter_mut().take(across as usize).for_each(|place| *place = *pixel);
    }
}
