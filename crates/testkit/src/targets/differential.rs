//! Two decoders, one file: where both are sure, they agree.

use fic_core::{Budget, ColourModel, Format, PixelLayout, Request};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use super::{limits, pixels};
use crate::compare::difference;

pub mod webp;

/// Rounding in the transform, the upsampling and the colour conversion together.
const ROUNDING: u8 = 12;

/// Our JPEG decoder against two others: a crash where those two agree with each other and not with ours.
///
/// Two, because on damaged data each forgives something else; only what two strangers agree on counts.
/// Pictures with reduced components are left out (every decoder interpolates in its own way), and blocks in
/// which one of them clips: coefficients that no encoder makes overflow in each in its own way.
pub fn jpeg(data: &[u8]) {
    let limits = limits();
    let Ok(outline) = fic_jpeg::outline(data) else { return };
    let Ok(admitted) = fic_jpeg::admit(data, &outline, &Request::full(), &limits) else { return };
    let frame = outline.frame();
    let upsampled = (0..frame.components().len()).any(|index| frame.sampling(index) != frame.max_sampling());
    if upsampled
        || !matches!(admitted.layout(), PixelLayout::Gray | PixelLayout::Rgb)
        || is_of_two_minds(data, &outline)
    {
        return;
    }
    let budget = Budget::new(&limits);
    let ours = fic_jpeg::open(admitted, &budget).and_then(|mut decoder| pixels(&mut decoder));
    let (Ok(ours), Some(first), Some(second)) = (ours, by_jpeg_decoder(data), by_zune(data)) else { return };
    if first.len() != second.len() || difference(&first, &second).max > ROUNDING {
        return;
    }
    assert_eq!(ours.len(), first.len(), "another size than two others");
    let stride = ours.len() / frame.height.get() as usize;
    let block = 8 * (stride / frame.width.get() as usize);
    for (number, rows) in ours.chunks(8 * stride).enumerate() {
        let others = |pixels: &'_ [u8]| pixels.chunks(8 * stride).nth(number).map(<[u8]>::to_vec);
        let (Some(first), Some(second)) = (others(&first), others(&second)) else { continue };
        for column in (0..stride).step_by(block) {
            let samples = [rows, &first, &second].map(|rows| of_block(rows, stride, column, block));
            check_block(&samples, (number, column / block));
        }
    }
}

/// Whether the colours are in doubt: a JFIF segment says YCbCr, and Adobe's or the names R, G, B say RGB. Ours
/// believes JFIF, as libjpeg does; the two others believe what speaks against it.
fn is_of_two_minds(data: &[u8], outline: &fic_jpeg::Outline) -> bool {
    let names = outline.frame().components().iter().map(|component| component.id);
    let says_rgb = |at: &[u8]| at.starts_with(b"Adobe") && at[11] == 0;
    outline.header().colour == ColourModel::YCbCr && (names.eq(*b"RGB") || data.windows(12).any(says_rgb))
}

/// The samples of the block that begins at `column` of these eight rows.
fn of_block(rows: &[u8], stride: usize, column: usize, block: usize) -> Vec<u8> {
    rows.chunks(stride).flat_map(|row| row.iter().skip(column).take(block)).copied().collect()
}

/// Ours against two others, where none of the three clips a sample.
fn check_block([ours, first, second]: &[Vec<u8>; 3], place: (usize, usize)) {
    if [ours, first, second].iter().any(|samples| samples.iter().any(|sample| matches!(sample, 0 | 255))) {
        return;
    }
    for ((ours, first), second) in ours.iter().zip(first).zip(second) {
        let is_near = ours.abs_diff(*first) <= 2 * ROUNDING;
        assert!(is_near, "block {place:?} has {ours}, two others have {first} and {second}");
    }
}

/// Runs a decoder that has assertions of its own which damaged files reach; none of them is our crash.
fn of_others(decode: impl FnOnce() -> Option<Vec<u8>> + std::panic::UnwindSafe) -> Option<Vec<u8>> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let decoded = std::panic::catch_unwind(decode);
    std::panic::set_hook(hook);
    decoded.ok().flatten()
}

fn by_jpeg_decoder(data: &[u8]) -> Option<Vec<u8>> {
    of_others(|| jpeg_decoder::Decoder::new(data).decode().ok())
}

fn by_zune(data: &[u8]) -> Option<Vec<u8>> {
    of_others(|| {
        let options = DecoderOptions::new_safe().set_strict_mode(true);
        let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(data), options);
        decoder.decode_headers().ok()?;
        let gray = decoder.input_colorspace() == Some(ColorSpace::Luma);
        let out = if gray { ColorSpace::Luma } else { ColorSpace::RGB };
        decoder.set_options(options.jpeg_set_out_colorspace(out));
        decoder.decode().ok()
    })
}

/// The two PNG backends: what both decode is the same, to the bit.
///
/// Faults of zune-png that its admission already refuses by name never get here: 16-bit tRNS, alpha added to
/// grey of 1, 2 and 4 bits.
pub fn png(data: &[u8]) {
    let limits = limits();
    let Ok(outline) = fic_png::outline(data) else { return };
    let budget = Budget::new(&limits);
    let by = |backend| {
        let admitted = fic_png::admit_with(data, &outline, &Request::full(), &limits, backend).ok()?;
        let mut decoder = fic_png::open(admitted, &budget).ok()?;
        pixels(&mut decoder).ok()
    };
    if let (Some(first), Some(second)) = (by(fic_png::Backend::Png), by(fic_png::Backend::Zune)) {
        let found = difference(&first, &second);
        assert_eq!(found.max, 0, "{} backends differ by {found:?}", Format::Png);
    }
}
