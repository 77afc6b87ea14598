//! WebP by our decoder and by image-webp, a second reading of the same specifications.
//!
//! Known differences, left out: animations, whose frames image-webp blends by other sums; headers that contradict each other,
//! where it believes another one; VP8 partitions that begin with 255 and filter levels of segments outside of their range
//! (`levels`), which no coder writes; coefficients of more than 16
//! bits, which no encoder makes either, and of which the reference's plain code makes other pixels than its vector code (ours
//! are those of the plain code): a difference counts only where no sample clips, those of macroblocks beyond the picture's
//! edge among them, which later ones are predicted from; prefix codes of two symbols
//! in falling order and of one symbol twice, which it reads the wrong way round; colour caches, of which it makes other
//! pixels in streams that fuzzers find (the reference's and ours are the same there). Lossless streams with such codes are an
//! input like any other to a fuzzer, so those that are compared are put together from its bytes instead.

mod levels;

use std::io::Cursor;

use fic_core::{Budget, FindingKind, PixelLayout, Request};
use fic_webp::Coding;
use image_webp::WebPDecoder;
use image_webp::vp8::Vp8Decoder;

use super::super::{limits, pixels};
use super::of_others;
use crate::bytes::webp::WebpBytes;
use crate::compare::difference;
use crate::generate::vp8l::{self, Cache};

/// What both decode has the same pixels.
pub fn webp(data: &[u8]) {
    if !data.starts_with(b"RIFF") {
        put_together(data);
        return;
    }
    let is_lossy = data.windows(4).any(|fourcc| fourcc == b"VP8 ");
    let has_codes = data.windows(4).any(|fourcc| fourcc == b"VP8L" || fourcc == b"ALPH");
    if is_lossy && !has_codes && !may_begin_with_255(data) && !levels::is_beyond(data) {
        compare(data, Coding::Lossy);
    }
}

/// Whether both decoded the stream that `data` chooses.
fn put_together(data: &[u8]) -> bool {
    compare(&WebpBytes::new().chunk(b"VP8L", &vp8l::stream(data, Cache::Never)).finish(), Coding::Lossless)
}

/// Whether both decoded it.
fn compare(file: &[u8], coding: Coding) -> bool {
    let Some((ours, layout, width)) = by_ours(file) else { return false };
    let theirs = of_others(|| {
        let mut decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
        let channels = if decoder.has_alpha() { 4 } else { 3 };
        let mut pixels = vec![0; decoder.output_buffer_size()?];
        decoder.read_image(&mut pixels).ok()?;
        Some(as_rgba(&pixels, channels))
    });
    let Some(theirs) = theirs else { return false };
    let ours = as_rgba(&ours, layout.channels());
    assert_eq!(ours.len(), theirs.len(), "another size");
    let found = difference(&ours, &theirs);
    let may_part = coding == Coding::Lossy
        && parting(&ours, &theirs, width).is_some_and(|macroblock| {
            clips_near(macroblock, &ours, &theirs, width) || planes_clip_near(macroblock, file, width)
        });
    assert!(found.max == 0 || may_part, "two decoders differ by {found:?}");
    true
}

/// Row and column of the macroblock in which two pictures first differ.
fn parting(ours: &[u8], theirs: &[u8], width: usize) -> Option<(usize, usize)> {
    let (ours, theirs) = (ours.as_chunks::<4>().0, theirs.as_chunks::<4>().0);
    let different = (0..ours.len()).filter(|&at| ours[at] != theirs[at]);
    different.map(|at| (at / width / 16, at % width / 16)).min()
}

/// Whether what went wrong in one macroblock can first be seen in another. A coefficient that wraps is far larger than any
/// sample. Filters carry a difference into the macroblocks beside and above it, and prediction to the right: what is below
/// the macroblock of `parting` and to its left may have been seen first where the filter carried it up.
fn is_near((row, column): (usize, usize), (other_row, other_column): (usize, usize)) -> bool {
    row.abs_diff(other_row) <= 1 && column.abs_diff(other_column) <= 1
        || other_row == row + 1 && other_column <= column
}

/// Whether a sample of that macroblock, or of one beside it, is at an end of its range in either picture.
fn clips_near(macroblock: (usize, usize), ours: &[u8], theirs: &[u8], width: usize) -> bool {
    let clips = |pixel: &[u8; 4]| pixel[..3].iter().any(|sample| matches!(sample, 0 | 255));
    let (ours, theirs) = (ours.as_chunks::<4>().0, theirs.as_chunks::<4>().0);
    (0..ours.len()).any(|at| {
        is_near(macroblock, (at / width / 16, at % width / 16)) && (clips(&ours[at]) || clips(&theirs[at]))
    })
}

/// The same of the other decoder's planes, which have the whole of every macroblock: along the right and lower edges of the
/// picture a difference can go on unseen.
fn planes_clip_near(parting: (usize, usize), file: &[u8], width: usize) -> bool {
    let Some(start) = file.windows(4).position(|fourcc| fourcc == b"VP8 ") else { return false };
    let payload = file.get(start + 8..).unwrap_or_default();
    let decoded = of_others(|| {
        let frame = Vp8Decoder::decode_frame(payload).ok()?;
        Some([frame.ybuf, frame.ubuf, frame.vbuf].concat())
    });
    let planes = decoded.unwrap_or_default();
    let (luma, chroma) = planes.split_at(planes.len() / 6 * 4);
    let (u, v) = chroma.split_at(chroma.len() / 2);
    let columns = width.div_ceil(16);
    let rows = luma.len() / (columns * 256).max(1);
    [(luma, 16), (u, 8), (v, 8)].into_iter().any(|(plane, side)| {
        let stride = columns * side;
        let may_be_from = |at: usize| {
            let (row, column) = (at / stride / side, at % stride / side);
            let above = column + 1 == columns && row <= parting.0;
            let before = row + 1 == rows && row.abs_diff(parting.0) <= 1 && column <= parting.1;
            above || before || is_near(parting, (row, column))
        };
        plane.iter().enumerate().any(|(at, sample)| matches!(sample, 0 | 255) && may_be_from(at))
    })
}

/// Decoded under the limits first: the other decoder has none.
fn by_ours(file: &[u8]) -> Option<(Vec<u8>, PixelLayout, usize)> {
    let limits = limits();
    let outline = fic_webp::outline(file).ok()?;
    if outline.is_animated() || outline.header().findings.has(FindingKind::ContradictoryHeader) {
        return None;
    }
    let admitted = fic_webp::admit(file, &outline, &Request::full(), &limits).ok()?;
    let (layout, width) = (admitted.layout(), admitted.width() as usize);
    let mut decoder = fic_webp::open(admitted, &Budget::new(&limits)).ok()?;
    pixels(&mut decoder).ok().map(|pixels| (pixels, layout, width))
}

fn as_rgba(pixels: &[u8], channels: usize) -> Vec<u8> {
    let opaque = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2], pixel.get(3).copied().unwrap_or(255)];
    pixels.chunks_exact(channels).flat_map(opaque).collect()
}

/// Whether a partition of the VP8 frame begins with 255, for any number of partitions that its header may state.
fn may_begin_with_255(data: &[u8]) -> bool {
    let Some(start) = data.windows(4).position(|fourcc| fourcc == b"VP8 ") else { return true };
    let frame = data.get(start + 8..).unwrap_or_default();
    let Some(&[a, b, c]) = frame.first_chunk::<3>() else { return true };
    let first = 10 + (usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16) / 32;
    let begins = |at: usize| frame.get(at) == Some(&255);
    let sizes = frame.get(first..).unwrap_or_default();
    begins(10)
        || [1, 2, 4, 8].into_iter().any(|count| {
            let mut at = first + 3 * (count - 1);
            let next =
                |size: &[u8]| usize::from(size[0]) | usize::from(size[1]) << 8 | usize::from(size[2]) << 16;
            let mut any = begins(at);
            for size in sizes.chunks_exact(3).take(count - 1) {
                at = at.saturating_add(next(size));
                any |= begins(at);
            }
            any
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lossy_difference_is_explained_only_where_a_sample_clips() {
        let grey = [[90, 90, 90, 255]; 64 * 64].concat();
        let mut other = grey.clone();
        assert_eq!(parting(&grey, &other, 64), None);
        other[4 * (64 * 20 + 20)] = 91;
        assert_eq!(parting(&grey, &other, 64), Some((1, 1)));
        assert!(!clips_near((1, 1), &grey, &other, 64));
        other[4 * (64 * 60 + 60)] = 255;
        assert!(!clips_near((1, 1), &grey, &other, 64));
        other[4 * (64 * 40 + 40)] = 255;
        assert!(clips_near((1, 1), &grey, &other, 64));
        assert!(clips_near((1, 3), &grey, &other, 64));
        assert!(!clips_near((2, 0), &grey, &other, 64));
    }

    #[test]
    fn streams_put_together_from_any_bytes_have_the_same_pixels_in_both_decoders() {
        let mut compared = 0;
        for seed in 1..=1_500u32 {
            let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
            let bytes: Vec<u8> = (0..seed)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    // Few large numbers: small pictures of few codes are whole more often.
                    if state & 1 == 0 { (state >> 8) as u8 } else { (state >> 8) as u8 & 15 }
                })
                .collect();
            compared += u32::from(put_together(&bytes));
        }
        assert!(compared >= 300, "{compared} compared");
    }
}
