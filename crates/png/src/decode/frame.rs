//! Adam7 through `png`: the rows of seven passes, put where they belong in a whole frame (PNG 8.1).

use fic_core::{Budget, Error, Format, PixelBuf, Truncated};

use super::rows::Rows;
use crate::admit::Admitted;

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
    let place = match admitted.truncated {
        Truncated::Accept => png::splat_interlaced_row,
        Truncated::Reject => png::expand_interlaced_row,
    };
    let bits_per_pixel = u8::try_from(channels * 8).unwrap_or(u8::MAX);
    for (columns, lines) in admitted.outline.ihdr.passes() {
        let row = row.as_bytes_mut().get_mut(..columns as usize * channels).unwrap_or_default();
        for _ in 0..lines {
            match rows.next_into(row, columns)? {
                Some(png::InterlaceInfo::Adam7(pass)) => {
                    place(frame.as_bytes_mut(), stride, row, &pass, bits_per_pixel);
                }
                Some(png::InterlaceInfo::Null(_)) => {
                    return Err(Error::upstream(Format::Png, "the decoder forgot the interlacing"));
                }
                None => return Ok((frame, true)),
            }
        }
    }
    Ok((frame, rows.was_truncated()))
}
