//! Where a tag may begin: each `<` with one of the characters behind it that the rules ask for.
//!
//! Compressed pixels have a `<` every 256 bytes, but one of these behind it only every 6,500: the whole file is looked through
//! 32 bytes at a time, and the rules see what is left.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32};

/// What may stand behind `<`: `<?php`, `<!doctype`, and the first letters of `script`, `svg`, `html`, `body`, `iframe`.
const SECOND: [u8; 6] = [b'?', b'!', b's', b'h', b'b', b'i'];
/// Bytes that are looked at at once.
const RUN: usize = 32;
/// The bit that tells a letter's cases apart; the two marks have it.
const LOWER: u8 = 0x20;

/// Calls `visit` with the place of each opening, in order.
pub(super) fn openings(bytes: &[u8], mut visit: impl FnMut(usize)) {
    let done = dispatch!(Level::new(), simd => in_runs(simd, bytes, &mut visit));
    let rest = bytes.get(done..).unwrap_or_default();
    for (at, pair) in rest.windows(2).enumerate() {
        if let &[b'<', second] = pair
            && SECOND.contains(&(second | LOWER))
        {
            visit(done.saturating_add(at));
        }
    }
}

/// Looks through whole runs, and says how far it came.
#[inline(always)]
fn in_runs<S: Simd>(simd: S, bytes: &[u8], visit: &mut impl FnMut(usize)) -> usize {
    let mut from = 0usize;
    while let Some(first) = bytes.get(from..).and_then(|rest| rest.first_chunk::<RUN>())
        && let Some(second) = bytes.get(from.saturating_add(1)..).and_then(|rest| rest.first_chunk::<RUN>())
    {
        let first: u8x32<S> = (*first).simd_into(simd);
        let second: u8x32<S> = (*second).simd_into(simd);
        let second = second | LOWER;
        let [a, b, c, d, e, f] = SECOND.map(|wanted| second.simd_eq(wanted));
        let mut found = (first.simd_eq(b'<') & (a | b | c | d | e | f)).to_bitmask();
        while found != 0 {
            visit(from.saturating_add(usize::try_from(found.trailing_zeros()).unwrap_or(RUN)));
            found &= found.saturating_sub(1);
        }
        from = from.saturating_add(RUN);
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opening_is_found_wherever_it_stands_and_nothing_else() {
        for second in 0..=255u8 {
            let wanted =
                matches!(second, b'?' | b'!' | b's' | b'S' | b'h' | b'H' | b'b' | b'B' | b'i' | b'I');
            for at in 0..80 {
                let before = std::iter::repeat_n(b'.', at);
                let bytes: Vec<u8> =
                    before.chain([b'<', second]).chain(std::iter::repeat_n(b'.', 80 - at)).collect();
                let mut found = Vec::new();
                openings(&bytes, |place| found.push(place));
                // Control characters that differ from a mark in one bit may be let through: the rules look again.
                if wanted || !SECOND.contains(&(second | LOWER)) {
                    assert_eq!(found, if wanted { vec![at] } else { vec![] }, "{second:#x} at {at}");
                }
            }
        }
    }

    #[test]
    fn an_opening_at_the_end_needs_its_second_character() {
        let mut found = 0;
        openings(b"<", |_| found += 1);
        openings(&[b'<'; 64], |_| found += 1);
        assert_eq!(found, 0);
    }
}
