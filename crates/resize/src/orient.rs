//! Turns and mirrors whole pictures: what EXIF orientation asks for.

use fic_core::{Budget, Error, Orientation, PixelBuf, Stage};

/// Turns stored pixels upright.
///
/// Layout stays; width and height change places for the four orientations that
/// [`swaps_sides`](Orientation::swaps_sides) names. Orientations 1 to 4 are done in place; 5 to 8 need a
/// second picture of the same bytes while they run.
///
/// # Errors
/// `Limit` naming `max_heap_bytes`; `Deadline` or `Cancelled`.
pub fn orient(pixels: PixelBuf, orientation: Orientation, budget: &Budget) -> Result<PixelBuf, Error> {
    budget.check(Stage::Orient)?;
    match pixels.layout().channels() {
        1 => turned::<1>(pixels, orientation, budget),
        2 => turned::<2>(pixels, orientation, budget),
        3 => turned::<3>(pixels, orientation, budget),
        _ => turned::<4>(pixels, orientation, budget),
    }
}

fn turned<const C: usize>(
    mut pixels: PixelBuf,
    orientation: Orientation,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    let stride = pixels.stride_bytes();
    if stride == 0 || pixels.height() == 0 {
        return Ok(pixels);
    }
    match orientation {
        Orientation::Upright => Ok(pixels),
        Orientation::MirrorHorizontal => {
            for row in pixels.as_bytes_mut().chunks_exact_mut(stride) {
                row.as_chunks_mut::<C>().0.reverse();
            }
            Ok(pixels)
        }
        Orientation::Rotate180 => {
            pixels.as_bytes_mut().as_chunks_mut::<C>().0.reverse();
            Ok(pixels)
        }
        Orientation::MirrorVertical => {
            mirror_rows(pixels.as_bytes_mut(), stride);
            Ok(pixels)
        }
        Orientation::Transpose => transposed::<C>(&pixels, End::First, End::First, budget),
        Orientation::Rotate90 => transposed::<C>(&pixels, End::First, End::Last, budget),
        Orientation::Transverse => transposed::<C>(&pixels, End::Last, End::Last, budget),
        Orientation::Rotate270 => transposed::<C>(&pixels, End::Last, End::First, budget),
    }
}

fn mirror_rows(bytes: &mut [u8], stride: usize) {
    let rows = bytes.len() / stride;
    let (top, bottom) = bytes.split_at_mut(rows / 2 * stride);
    for (upper, lower) in top.chunks_exact_mut(stride).zip(bottom.rchunks_exact_mut(stride)) {
        upper.swap_with_slice(lower);
    }
}

/// From which end of the source the first row or column of the turned picture is taken.
#[derive(Clone, Copy, PartialEq)]
enum End {
    First,
    Last,
}

/// Source columns become rows, starting with the `column` end; within a row, source rows run from the
/// `row` end.
///
/// Done in squares, so that both the rows read and the rows written stay in the first-level cache: row by
/// row takes up to three times as long where the width is a power of two.
fn transposed<const C: usize>(
    pixels: &PixelBuf,
    column: End,
    row: End,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    const SQUARE: usize = 64;
    let mut turned = PixelBuf::zeroed(pixels.layout(), pixels.height(), pixels.width(), budget)?;
    let source = pixels.as_bytes().as_chunks::<C>().0;
    let (columns, rows) = (pixels.width() as usize, pixels.height() as usize);
    for (band, target) in turned.as_bytes_mut().as_chunks_mut::<C>().0.chunks_mut(rows * SQUARE).enumerate() {
        budget.check(Stage::Orient)?;
        for top in (0..rows).step_by(SQUARE) {
            let bottom = (top + SQUARE).min(rows);
            for (line, target) in target.chunks_exact_mut(rows).enumerate() {
                let x = band * SQUARE + line;
                let x = if column == End::First { x } else { columns - 1 - x };
                let run = source[top * columns + x..].iter().step_by(columns);
                match row {
                    End::First => copy(target[top..bottom].iter_mut(), run),
                    End::Last => copy(target[rows - bottom..rows - top].iter_mut().rev(), run),
                }
            }
        }
    }
    Ok(turned)
}

fn copy<'a, P: Copy + 'a>(to: impl Iterator<Item = &'a mut P>, from: impl Iterator<Item = &'a P>) {
    for (to, from) in to.zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use fic_core::{Limits, PixelLayout};

    use super::*;

    /// ```text
    /// 1 2 3
    /// 4 5 6
    /// ```
    fn oriented(orientation: u16) -> (u32, u32, Vec<u8>) {
        let budget = Budget::new(&Limits::untrusted());
        let pixels = PixelBuf::from_parts(PixelLayout::Gray, 3, 2, vec![1, 2, 3, 4, 5, 6], None).unwrap();
        let turned = orient(pixels, Orientation::from_exif(orientation).unwrap(), &budget).unwrap();
        (turned.width(), turned.height(), turned.into_bytes())
    }

    #[test]
    fn the_first_row_and_column_go_where_the_exif_table_says() {
        assert_eq!(oriented(1), (3, 2, vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(oriented(2), (3, 2, vec![3, 2, 1, 6, 5, 4]));
        assert_eq!(oriented(3), (3, 2, vec![6, 5, 4, 3, 2, 1]));
        assert_eq!(oriented(4), (3, 2, vec![4, 5, 6, 1, 2, 3]));
        assert_eq!(oriented(5), (2, 3, vec![1, 4, 2, 5, 3, 6]));
        assert_eq!(oriented(6), (2, 3, vec![4, 1, 5, 2, 6, 3]));
        assert_eq!(oriented(7), (2, 3, vec![6, 3, 5, 2, 4, 1]));
        assert_eq!(oriented(8), (2, 3, vec![3, 6, 2, 5, 1, 4]));
    }
}
