//! Lengths and distances of copies (RFC 9649, section 3.6.2.2).
//!
//! In come prefix symbols and their extra bits; out come pixels. The first 120 distance codes stand for pixels near
//! by, above and to the left.

use super::bits::Bits;

/// Extra bits of the largest of 40 distance symbols.
pub(super) const MAX_EXTRA_BITS: u32 = 18;
const NEAR: usize = 120;

/// Where the near pixels lie: columns to the left, negative to the right, and rows above.
#[rustfmt::skip]
const NEAREST: [(i8, u8); NEAR] = [
    (0, 1), (1, 0), (1, 1), (-1, 1), (0, 2), (2, 0), (1, 2), (-1, 2), (2, 1), (-2, 1),
    (2, 2), (-2, 2), (0, 3), (3, 0), (1, 3), (-1, 3), (3, 1), (-3, 1), (2, 3), (-2, 3),
    (3, 2), (-3, 2), (0, 4), (4, 0), (1, 4), (-1, 4), (4, 1), (-4, 1), (3, 3), (-3, 3),
    (2, 4), (-2, 4), (4, 2), (-4, 2), (0, 5), (3, 4), (-3, 4), (4, 3), (-4, 3), (5, 0),
    (1, 5), (-1, 5), (5, 1), (-5, 1), (2, 5), (-2, 5), (5, 2), (-5, 2), (4, 4), (-4, 4),
    (3, 5), (-3, 5), (5, 3), (-5, 3), (0, 6), (6, 0), (1, 6), (-1, 6), (6, 1), (-6, 1),
    (2, 6), (-2, 6), (6, 2), (-6, 2), (4, 5), (-4, 5), (5, 4), (-5, 4), (3, 6), (-3, 6),
    (6, 3), (-6, 3), (0, 7), (7, 0), (1, 7), (-1, 7), (5, 5), (-5, 5), (7, 1), (-7, 1),
    (4, 6), (-4, 6), (6, 4), (-6, 4), (2, 7), (-2, 7), (7, 2), (-7, 2), (3, 7), (-3, 7),
    (7, 3), (-7, 3), (5, 6), (-5, 6), (6, 5), (-6, 5), (8, 0), (4, 7), (-4, 7), (7, 4),
    (-7, 4), (8, 1), (8, 2), (6, 6), (-6, 6), (8, 3), (5, 7), (-5, 7), (7, 5), (-7, 5),
    (8, 4), (6, 7), (-6, 7), (7, 6), (-7, 6), (8, 5), (7, 7), (-7, 7), (8, 6), (8, 7),
];

/// A length, or a distance code, from its prefix symbol and the extra bits, at most [`MAX_EXTRA_BITS`], which
/// must be held.
#[inline(always)]
pub(super) fn value(symbol: u32, bits: &mut Bits<'_>) -> usize {
    if symbol < 4 {
        return symbol as usize + 1;
    }
    let extra = (symbol - 2) >> 1;
    let offset = (2 + (symbol & 1)) << extra;
    (offset + bits.take(extra)) as usize + 1
}

/// The largest value of a prefix symbol.
pub(super) fn largest(symbol: u32) -> usize {
    if symbol < 4 {
        return symbol as usize + 1;
    }
    let extra = ((symbol - 2) >> 1).min(MAX_EXTRA_BITS);
    ((3 + (symbol & 1)) << extra) as usize
}

/// The pixels that a distance code, at least 1, goes back in rows of `width`.
#[inline(always)]
pub(super) fn distance(code: usize, width: usize) -> usize {
    match NEAREST.get(code - 1) {
        // To the right there is always a row above: less than one pixel only where rows are short.
        Some(&(left, up)) => (usize::from(up) * width).saturating_add_signed(left.into()).max(1),
        None => code - NEAR,
    }
}

/// The farthest that distance codes up to `code` go back.
pub(super) fn reach(code: usize, width: usize) -> usize {
    let near = (1..=code.min(NEAR)).map(|code| distance(code, width)).max().unwrap_or(0);
    near.max(code.saturating_sub(NEAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_codes_are_the_pixels_above_and_to_the_left_by_distance() {
        let squares = NEAREST.map(|(left, up)| i32::from(left).pow(2) + i32::from(up).pow(2));
        assert!(squares.is_sorted());
        let mut all: Vec<_> = NEAREST.iter().collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), NEAR);
        // To the right up to seven columns, to the left eight, up to seven rows above.
        assert!(
            NEAREST.iter().all(|&(left, up)| (-7..=8).contains(&left) && up <= 7 && (up > 0 || left > 0))
        );
    }

    #[test]
    fn codes_become_distances() {
        let distances = |width| [1, 2, 3, 4, 120, 121, 122].map(|code| distance(code, width));
        assert_eq!(distances(100), [100, 1, 101, 99, 708, 1, 2]);
        assert_eq!(distances(1), [1, 1, 2, 1, 15, 1, 2]);
        assert_eq!((reach(1, 100), reach(120, 100), reach(1 << 20, 100)), (100, 708, (1 << 20) - 120));
    }

    #[test]
    fn symbols_and_their_extra_bits_count_on_from_each_other() {
        let mut next = 1;
        for symbol in 0..40 {
            let mut bits = Bits::new(&[]);
            bits.refill();
            assert_eq!(value(symbol, &mut bits), next, "{symbol}");
            next = largest(symbol) + 1;
        }
        assert_eq!(next - 1, 1 << 20);
    }
}
