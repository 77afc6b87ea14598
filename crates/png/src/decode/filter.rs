//! Undoing the filters of rows (PNG 9.2).
//!
//! In come inflated rows, each behind its filter type byte, and the row above the first of them; out go the
//! bytes of the rows. Refused: a filter type above 4. Four rows at a time go through [`wave`] where one of
//! them is of a kind that a processor is slow at pixel by pixel.

mod wave;

use fearless_simd::Level;

/// How a row was filtered, in the order of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    None,
    Sub,
    Up,
    Average,
    Paeth,
}

/// A filter type byte above 4.
#[derive(Debug)]
pub(super) struct UnknownFilter;

impl Filter {
    fn of(byte: u8) -> Result<Filter, UnknownFilter> {
        Ok(match byte {
            0 => Filter::None,
            1 => Filter::Sub,
            2 => Filter::Up,
            3 => Filter::Average,
            4 => Filter::Paeth,
            _ => return Err(UnknownFilter),
        })
    }
}

/// Undoes the filters of all rows of `filtered` into `out`; `pixel` is bytes a pixel, 1 for less.
///
/// `above` is the row before, zeros at the top, and says how long a row is.
pub(super) fn undo(
    level: Level,
    filtered: &[u8],
    above: &[u8],
    out: &mut [u8],
    pixel: usize,
) -> Result<(), UnknownFilter> {
    match pixel {
        1 => undo_rows::<1>(level, filtered, above, out),
        2 => undo_rows::<2>(level, filtered, above, out),
        3 => undo_rows::<3>(level, filtered, above, out),
        4 => undo_rows::<4>(level, filtered, above, out),
        6 => undo_rows::<6>(level, filtered, above, out),
        _ => undo_rows::<8>(level, filtered, above, out),
    }
}

fn undo_rows<'a, const C: usize>(
    level: Level,
    mut filtered: &'a [u8],
    mut above: &'a [u8],
    mut out: &'a mut [u8],
) -> Result<(), UnknownFilter> {
    let row = above.len();
    while let Some((first, _)) = filtered.split_at_checked(row + 1) {
        if let Some((four, rest)) = filtered.split_at_checked(4 * (row + 1))
            && let Some(four) = Four::of::<C>(four)?
        {
            let (now, later) = out.split_at_mut(4 * row);
            four.undo::<C>(level, above, now);
            (filtered, above, out) = (rest, &now[3 * row..], later);
        } else {
            let (now, later) = out.split_at_mut(row);
            undo_span::<C>(Filter::of(first[0])?, &first[1..], above, now, 0..row / C);
            (filtered, above, out) = (&filtered[row + 1..], now, later);
        }
    }
    Ok(())
}

/// Four rows that are worth a wave.
struct Four<'a> {
    filters: [Filter; 4],
    rows: [&'a [u8]; 4],
}

impl<'a> Four<'a> {
    /// `None` for rows that are quick without, and for short ones.
    fn of<const C: usize>(rows: &'a [u8]) -> Result<Option<Four<'a>>, UnknownFilter> {
        let stride = rows.len() / 4;
        let row = |at: usize| &rows[at * stride + 1..(at + 1) * stride];
        let mut filters = [Filter::None; 4];
        for (at, filter) in filters.iter_mut().enumerate() {
            *filter = Filter::of(rows[at * stride])?;
        }
        let is_slow = filters.iter().any(|filter| !matches!(filter, Filter::None | Filter::Up));
        let fits = C <= wave::MAX_PIXEL && (stride - 1) / C >= wave::MIN_PIXELS;
        Ok((is_slow && fits).then(|| Four { filters, rows: [row(0), row(1), row(2), row(3)] }))
    }

    /// The wave needs the rows started, and leaves them for somebody to end.
    fn undo<const C: usize>(&self, level: Level, above: &[u8], out: &mut [u8]) {
        let row = above.len();
        let (out0, rest) = out.split_at_mut(row);
        let (out1, rest) = rest.split_at_mut(row);
        let (out2, out3) = rest.split_at_mut(row);
        let pixels = row / C;
        let [start, end] = [0, wave::pixels(pixels)].map(|from| wave::LEAD.map(|lead| from + lead));
        let undo = |at: usize, above: &[u8], out: &mut [u8], from: usize, to: usize| {
            undo_span::<C>(self.filters[at], self.rows[at], above, out, from..to);
        };
        undo(0, above, out0, 0, start[0]);
        undo(1, out0, out1, 0, start[1]);
        undo(2, out1, out2, 0, start[2]);
        wave::undo::<C>(level, self.filters, self.rows, above, [out0, out1, out2, out3]);
        undo(0, above, out0, end[0], pixels);
        undo(1, out0, out1, end[1], pixels);
        undo(2, out1, out2, end[2], pixels);
        undo(3, out2, out3, end[3], pixels);
    }
}

/// Undoes the filter of some pixels of one row; those to the left must be there.
fn undo_span<const C: usize>(
    filter: Filter,
    filtered: &[u8],
    above: &[u8],
    out: &mut [u8],
    pixels: std::ops::Range<usize>,
) {
    let before = |row: &[u8]| match pixels.start {
        0 => [0; C],
        start => row.as_chunks::<C>().0[start - 1],
    };
    let (left, corner) = (before(out), before(above));
    let bytes = pixels.start * C..pixels.end * C;
    let (filtered, above, out) = (&filtered[bytes.clone()], &above[bytes.clone()], &mut out[bytes]);
    match filter {
        Filter::None => out.copy_from_slice(filtered),
        Filter::Sub => each(filtered, above, out, left, corner, |left, _, _| left),
        Filter::Up => {
            for ((out, &filtered), &above) in out.iter_mut().zip(filtered).zip(above) {
                *out = filtered.wrapping_add(above);
            }
        }
        Filter::Average => each(filtered, above, out, left, corner, |left, above, _| left.midpoint(above)),
        Filter::Paeth => each(filtered, above, out, left, corner, paeth),
    }
}

#[inline(always)]
fn each<const C: usize>(
    filtered: &[u8],
    above: &[u8],
    out: &mut [u8],
    mut left: [u8; C],
    mut corner: [u8; C],
    predict: impl Fn(u8, u8, u8) -> u8,
) {
    let rows = filtered.as_chunks::<C>().0.iter().zip(above.as_chunks::<C>().0);
    for (out, (filtered, above)) in out.as_chunks_mut::<C>().0.iter_mut().zip(rows) {
        for channel in 0..C {
            let predicted = predict(left[channel], above[channel], corner[channel]);
            out[channel] = filtered[channel].wrapping_add(predicted);
        }
        (left, corner) = (*out, *above);
    }
}

/// The predictor of PNG 9.4, by the order of its arguments instead of distances: `left + above - corner` is
/// nearest to the lesser of the two where the corner lies at least twice as far from it as the greater lies
/// from the corner, and the other way round.
#[inline(always)]
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (left, above, corner) = (i16::from(left), i16::from(above), i16::from(corner));
    let threshold = 3 * corner - left - above;
    let (low, high) = (left.min(above), left.max(above));
    let low_or_corner = if high <= threshold { low } else { corner };
    // One of the three arguments.
    (if threshold <= low { high } else { low_or_corner }) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// PNG 9.4, to the letter.
    fn predictor_of_the_specification(left: u8, above: u8, corner: u8) -> u8 {
        let estimate = i32::from(left) + i32::from(above) - i32::from(corner);
        let distance = |to: u8| (estimate - i32::from(to)).abs();
        if distance(left) <= distance(above) && distance(left) <= distance(corner) {
            left
        } else if distance(above) <= distance(corner) {
            above
        } else {
            corner
        }
    }

    /// PNG 9.2, byte by byte.
    fn by_the_specification(filtered: &[u8], row: usize, pixel: usize) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        for (number, stored) in filtered.chunks(row + 1).enumerate() {
            for at in 0..row {
                let here = number * row + at;
                let above = if number > 0 { out[here - row] } else { 0 };
                let left = if at >= pixel { out[here - pixel] } else { 0 };
                let corner = if at >= pixel && number > 0 { out[here - row - pixel] } else { 0 };
                let predicted = match stored[0] {
                    0 => 0,
                    1 => left,
                    2 => above,
                    3 => ((u16::from(left) + u16::from(above)) / 2) as u8,
                    _ => predictor_of_the_specification(left, above, corner),
                };
                out.push(stored[1 + at].wrapping_add(predicted));
            }
        }
        out
    }

    fn levels() -> [Level; 2] {
        [Level::new(), Level::baseline()]
    }

    #[test]
    fn the_predictor_is_that_of_the_specification_for_every_three_bytes() {
        for left in 0..=255 {
            for above in 0..=255 {
                for corner in 0..=255 {
                    let wanted = predictor_of_the_specification(left, above, corner);
                    assert_eq!(paeth(left, above, corner), wanted, "{left} {above} {corner}");
                }
            }
        }
    }

    #[test]
    fn a_fifth_filter_is_refused_wherever_it_stands() {
        for at in 0..5 {
            let mut filtered = vec![0; 5 * 101];
            filtered[at * 101] = 5;
            assert!(undo(Level::new(), &filtered, &[0; 100], &mut [0; 500], 1).is_err(), "{at}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rows_come_out_as_the_specification_has_them(
            pixel in prop::sample::select(vec![1_usize, 2, 3, 4, 6, 8]),
            width in 1_usize..90,
            filters in prop::collection::vec(0_u8..5, 1..14),
            seed in any::<u64>(),
        ) {
            let row = width * pixel;
            let mut filtered = Vec::new();
            let mut state = seed;
            for filter in &filters {
                filtered.push(*filter);
                for _ in 0..row {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    // Small differences, as pictures have, and now and then a jump.
                    let byte = (state >> 56) as u8;
                    filtered.push(if state & 0x1c00 == 0 { byte } else { byte % 7 });
                }
            }
            let wanted = by_the_specification(&filtered, row, pixel);
            for level in levels() {
                let mut out = vec![0; wanted.len()];
                undo(level, &filtered, &vec![0; row], &mut out, pixel).unwrap();
                prop_assert!(out == wanted, "at {level:?}");
                // The same in two goes, the second below the last row of the first.
                let cut = filters.len() / 2;
                let mut out = vec![0; wanted.len()];
                let (first, second) = out.split_at_mut(cut * row);
                undo(level, &filtered[..cut * (row + 1)], &vec![0; row], first, pixel).unwrap();
                let above = if cut == 0 { vec![0; row] } else { first[(cut - 1) * row..].to_vec() };
                undo(level, &filtered[cut * (row + 1)..], &above, second, pixel).unwrap();
                prop_assert!(out == wanted, "in two goes at {level:?}");
            }
        }
    }
}
