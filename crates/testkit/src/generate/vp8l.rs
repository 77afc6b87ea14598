//! VP8L streams (RFC 9649, section 3) from any bytes: transforms, colour caches, groups and codes as the bytes choose.
//!
//! Codes are complete and never those of two symbols that decoders read in two ways. Sub-images hold literals only, all
//! codes of one length, so that any bits are pixels of theirs. The picture's own pixels are whatever bytes are left, then
//! zeros: literals, copies and cache hits, some of which reach outside, which a decoder refuses.

use crate::bytes::webp::Vp8lBytes;

/// Sides of a picture at most.
const MOST: u32 = 48;
/// Symbols that the builder can give a length: it counts them in ten bits.
const COUNTED: usize = 1_025;

/// Whether the picture may have a colour cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// As the bytes choose.
    Chosen,
    /// It has none.
    Never,
}

/// A stream; the same bytes give the same one.
pub fn stream(bytes: &[u8], may_have: Cache) -> Vec<u8> {
    let mut choices = Choices(bytes);
    let (mut width, height) = (1 + choices.below(MOST), 1 + choices.below(MOST));
    let head = Vp8lBytes::headerless().put(0x2f, 8).put(width - 1, 14).put(height - 1, 14);
    let mut out = head.put(choices.below(2), 1).put(0, 3);
    let mut kinds = vec![0, 1, 2, 3];
    for _ in 0..choices.below(5) {
        let kind = kinds.swap_remove(choices.below(kinds.len() as u32) as usize);
        out = transform(out, kind, &mut width, height, &mut choices);
    }
    let chosen = choices.below(12);
    let cache = if may_have == Cache::Never { 0 } else { chosen };
    out = out.end_of_transforms();
    out = if cache == 0 { out.no_cache() } else { out.cache(cache) };
    let log2_groups = choices.below(4);
    out = if log2_groups == 0 {
        out.one_group()
    } else {
        let bits = 2 + choices.below(8);
        entropy_image(out.groups(bits), blocks(width, bits) * blocks(height, bits), log2_groups, &mut choices)
    };
    let cached = if cache == 0 { 0 } else { 1 << cache };
    for _ in 0..1 << log2_groups {
        for alphabet in [256 + 24 + cached, 256, 256, 256, 40] {
            out = code(out, alphabet, &mut choices);
        }
    }
    out = choices.0.iter().fold(out, |out, &byte| out.put(byte.into(), 8));
    let mut stream = out.finish();
    // Four codes of 15 bits a pixel, at most.
    stream.resize(stream.len() + (width * height) as usize * 8, 0);
    stream
}

/// Section 3.5, each kind once at most.
fn transform(
    out: Vp8lBytes,
    kind: u32,
    width: &mut u32,
    height: u32,
    choices: &mut Choices<'_>,
) -> Vp8lBytes {
    match kind {
        0 | 1 => {
            let bits = 2 + choices.below(8);
            // Eight of the fourteen predictors; the elements of a colour transform are any bytes.
            let (values, log2) = if kind == 0 { (14, 3) } else { (256, 4) };
            let pixels = blocks(*width, bits) * blocks(height, bits);
            sub_image(out.block_transform(kind, bits), pixels, values, log2, choices)
        }
        2 => out.subtract_green(),
        _ => {
            let colours = 1 + choices.below(256);
            let out = sub_image(out.palette(colours), colours, 256, 4, choices);
            *width = match colours {
                0..=2 => blocks(*width, 3),
                3..=4 => blocks(*width, 2),
                5..=16 => blocks(*width, 1),
                _ => *width,
            };
            out
        }
    }
}

fn blocks(side: u32, bits: u32) -> u32 {
    side.div_ceil(1 << bits)
}

/// The bytes not used yet; zeros when they run out.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u32 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        u32::from(*first)
    }

    /// A number below `bound`, which is at most 65,536.
    fn below(&mut self, bound: u32) -> u32 {
        let low = self.byte();
        let number = if bound > 256 { low | self.byte() << 8 } else { low };
        number % bound
    }
}

/// An image of literals, each channel with `1 << log2` different ones below `values`.
fn sub_image(out: Vp8lBytes, pixels: u32, values: u32, log2: u8, choices: &mut Choices<'_>) -> Vp8lBytes {
    let mut out = out.no_cache();
    for _ in 0..4 {
        let first = choices.below(values);
        let mut lengths = vec![0; values as usize];
        (0..1 << log2).for_each(|at| lengths[((first + at * 11) % values) as usize] = log2);
        out = out.code(&lengths);
    }
    out = out.single(0);
    (0..pixels * u32::from(log2)).fold(out, |out, _| out.put(choices.below(16), 4))
}

/// A number below `1 << log2` for each block, the largest in the first: there are as many groups as it says.
fn entropy_image(out: Vp8lBytes, blocks: u32, log2: u32, choices: &mut Choices<'_>) -> Vp8lBytes {
    let lengths = vec![log2 as u8; 1 << log2];
    let out = out.no_cache().code(&lengths).single(0).single(0).single(255).single(0);
    (0..blocks).fold(out, |out, block| {
        // Codes of one length are the numbers, highest bit first; the highest number is ones.
        out.put(if block == 0 { u32::MAX } else { choices.byte() }, log2)
    })
}

/// A complete code whose lengths the bytes choose: of one symbol, or of up to forty.
fn code(out: Vp8lBytes, alphabet: usize, choices: &mut Choices<'_>) -> Vp8lBytes {
    let wanted = 1 + choices.below(40);
    if wanted == 1 {
        return out.single(choices.below(alphabet.min(256) as u32));
    }
    let mut leaves = vec![0u8];
    while leaves.len() < wanted as usize {
        let at = choices.below(leaves.len() as u32) as usize;
        if leaves[at] == 15 {
            break;
        }
        leaves[at] += 1;
        leaves.push(leaves[at]);
    }
    let mut lengths = vec![0; alphabet.min(COUNTED)];
    for length in leaves {
        let start = choices.below(lengths.len() as u32) as usize;
        let free = (start..lengths.len()).chain(0..start).find(|&symbol| lengths[symbol] == 0);
        if let Some(symbol) = free {
            lengths[symbol] = length;
        }
    }
    let used = lengths.iter().rposition(|&length| length > 0).map_or(2, |last| last + 1);
    out.code(&lengths[..used.max(2)])
}

#[cfg(all(test, feature = "targets"))]
mod tests {
    use super::*;
    use crate::bytes::webp::WebpBytes;

    #[test]
    fn nine_in_ten_of_any_bytes_are_admitted_and_many_decode() {
        use fic_core::{Bands, Budget, Limits, Request};
        let (mut admitted_streams, mut decoded) = (0, 0);
        for seed in 0..1_000u32 {
            let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
            let bytes: Vec<u8> = (0..seed % 900)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    (state >> 8) as u8
                })
                .collect();
            let file = WebpBytes::new().chunk(b"VP8L", &stream(&bytes, Cache::Chosen)).finish();
            let limits = Limits::untrusted();
            let outline = fic_webp::outline(&file).unwrap();
            let Ok(admitted) = fic_webp::admit(&file, &outline, &Request::full(), &limits) else { continue };
            admitted_streams += 1;
            let whole = fic_webp::open(admitted, &Budget::new(&limits)).and_then(|mut decoder| {
                while decoder.next_band()?.is_some() {}
                Ok(())
            });
            decoded += u32::from(whole.is_ok());
        }
        assert!(admitted_streams >= 900 && decoded >= 300, "{admitted_streams} admitted, {decoded} decoded");
    }
}
