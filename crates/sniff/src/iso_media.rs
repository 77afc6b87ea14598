//! ISO base media files (ISO/IEC 14496-12): the brands of the `ftyp` box tell HEIC, AVIF and films apart.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Reader;

use crate::Foreign;
use crate::magic::Match;

/// Compatible brands that are looked at; real files list fewer than ten.
const BRANDS: usize = 32;

/// Size, `ftyp`, major brand, minor version, compatible brands.
pub(crate) fn brand(bytes: &[u8]) -> Match {
    let mut r = Reader::new(bytes);
    let Some(size) = r.u32_be() else {
        // A box that begins the file is never as long as 2^24 bytes.
        return if bytes.iter().take(3).all(|&byte| byte == 0) { Match::NeedMore(12) } else { Match::No };
    };
    match (r.take(4), r.take(4)) {
        (Some(b"ftyp"), Some(major)) => Match::Is(by_brand(major, r.rest(), size)),
        (Some(b"ftyp"), None) => Match::NeedMore(12),
        (None, _) if b"ftyp".starts_with(r.rest()) && size < 1 << 24 => Match::NeedMore(12),
        _ => Match::No,
    }
}

fn by_brand(major: &[u8], rest: &[u8], size: u32) -> Foreign {
    let compatible = usize::try_from(size).unwrap_or(usize::MAX).saturating_sub(16);
    let list = rest.get(4..).unwrap_or_default();
    let list = list.get(..compatible).unwrap_or(list);
    let brands = || std::iter::once(major).chain(list.chunks_exact(4).take(BRANDS));
    if brands().any(|brand| matches!(brand, b"avif" | b"avis")) {
        Foreign::Avif
    } else if brands().any(is_heif) {
        Foreign::Heic
    } else if major == b"jxl " {
        Foreign::Jxl
    } else if matches!(major, b"jp2 " | b"jpx " | b"jpm ") {
        Foreign::Jpeg2000
    } else {
        Foreign::IsoMedia
    }
}

fn is_heif(brand: &[u8]) -> bool {
    matches!(
        brand,
        b"heic"
            | b"heix"
            | b"heim"
            | b"heis"
            | b"hevc"
            | b"hevx"
            | b"hevm"
            | b"hevs"
            | b"mif1"
            | b"mif2"
            | b"msf1"
    )
}
