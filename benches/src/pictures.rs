//! The pictures of the benchmarks: what they are called, and their bytes, made when they are first wanted.

use std::fmt;
use std::sync::OnceLock;

use fic_core::Format;
use jpeg_encoder::SamplingFactor;

use crate::encoders::{self, Scans};
use crate::photo::{Raster, photo, screen};

/// How large a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// 200 x 200: an avatar.
    Tiny,
    /// 1632 x 1224.
    TwoMegapixels,
    /// 2304 x 1728.
    FourMegapixels,
    /// 4000 x 3000: a camera's.
    TwelveMegapixels,
}

/// A file to work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says its form; the name is what is printed")]
pub enum Picture {
    Gif,
    Jpeg(Side),
    JpegFullColour,
    JpegProgressive(Side),
    Png(Side),
    Png16,
    PngScreen,
    WebPLossless(Side),
    WebPLossy,
}

impl Side {
    /// Width and height in pixels.
    pub const fn size(self) -> (u32, u32) {
        match self {
            Side::Tiny => (200, 200),
            Side::TwoMegapixels => (1632, 1224),
            Side::FourMegapixels => (2304, 1728),
            Side::TwelveMegapixels => (4000, 3000),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Side::Tiny => "tiny",
            Side::TwoMegapixels => "2mp",
            Side::FourMegapixels => "4mp",
            Side::TwelveMegapixels => "12mp",
        }
    }

    fn photo(self) -> Raster {
        let (width, height) = self.size();
        photo(width, height, 11)
    }
}

impl Picture {
    /// One of each kind, in order of format and size.
    pub const ALL: [Picture; 16] = [
        Picture::Jpeg(Side::Tiny),
        Picture::Jpeg(Side::TwoMegapixels),
        Picture::Jpeg(Side::TwelveMegapixels),
        Picture::JpegFullColour,
        Picture::JpegProgressive(Side::Tiny),
        Picture::JpegProgressive(Side::TwoMegapixels),
        Picture::JpegProgressive(Side::TwelveMegapixels),
        Picture::Png(Side::Tiny),
        Picture::Png(Side::TwoMegapixels),
        Picture::Png(Side::FourMegapixels),
        Picture::Png16,
        Picture::PngScreen,
        Picture::WebPLossless(Side::Tiny),
        Picture::WebPLossless(Side::TwoMegapixels),
        Picture::WebPLossy,
        Picture::Gif,
    ];

    /// The format of the file.
    pub const fn format(self) -> Format {
        match self {
            Picture::Gif => Format::Gif,
            Picture::Jpeg(_) | Picture::JpegFullColour | Picture::JpegProgressive(_) => Format::Jpeg,
            Picture::Png(_) | Picture::Png16 | Picture::PngScreen => Format::Png,
            Picture::WebPLossless(_) | Picture::WebPLossy => Format::WebP,
        }
    }

    /// Width and height in pixels.
    pub const fn size(self) -> (u32, u32) {
        match self {
            Picture::Gif => (640, 360),
            Picture::Jpeg(side)
            | Picture::JpegProgressive(side)
            | Picture::Png(side)
            | Picture::WebPLossless(side) => side.size(),
            Picture::JpegFullColour | Picture::Png16 | Picture::PngScreen => Side::TwoMegapixels.size(),
            Picture::WebPLossy => (97, 61),
        }
    }

    /// Pixels of the first frame.
    pub const fn pixels(self) -> u64 {
        let (width, height) = self.size();
        width as u64 * height as u64
    }

    /// The bytes of the file: always the same.
    pub fn file(self) -> &'static [u8] {
        static MADE: [OnceLock<Vec<u8>>; Picture::ALL.len()] =
            [const { OnceLock::new() }; Picture::ALL.len()];
        let at = Picture::ALL.iter().position(|each| *each == self).expect("every picture is in the list");
        MADE[at].get_or_init(|| self.make())
    }

    fn make(self) -> Vec<u8> {
        match self {
            Picture::Gif => encoders::gif(&Side::TwoMegapixels.photo(), 640, 360, 60),
            Picture::Jpeg(side) => encoders::jpeg(&side.photo(), SamplingFactor::F_2_2, Scans::Baseline),
            Picture::JpegFullColour => {
                encoders::jpeg(&Side::TwoMegapixels.photo(), SamplingFactor::F_1_1, Scans::Baseline)
            }
            Picture::JpegProgressive(side) => {
                encoders::jpeg(&side.photo(), SamplingFactor::F_2_2, Scans::Progressive)
            }
            Picture::Png(side) => encoders::png(&side.photo(), png::BitDepth::Eight),
            Picture::Png16 => encoders::png(&Side::TwoMegapixels.photo(), png::BitDepth::Sixteen),
            Picture::PngScreen => {
                let (width, height) = Side::TwoMegapixels.size();
                encoders::png(&screen(width, height), png::BitDepth::Eight)
            }
            Picture::WebPLossless(side) => encoders::webp(&side.photo()),
            // No encoder in Rust makes a lossy WebP; larger ones are in the set of benches/peers.
            Picture::WebPLossy => {
                include_bytes!("../../corpus/valid/webp/lossy_q75_97x61.webp").as_slice().to_vec()
            }
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Picture::Gif => out.write_str("gif_60_frames"),
            Picture::Jpeg(side) => write!(out, "jpeg_420_{}", side.name()),
            Picture::JpegFullColour => out.write_str("jpeg_444_2mp"),
            Picture::JpegProgressive(side) => write!(out, "jpeg_progressive_{}", side.name()),
            Picture::Png(side) => write!(out, "png_rgb_{}", side.name()),
            Picture::Png16 => out.write_str("png_16bit_2mp"),
            Picture::PngScreen => out.write_str("png_screen_2mp"),
            Picture::WebPLossless(side) => write!(out, "webp_lossless_{}", side.name()),
            Picture::WebPLossy => out.write_str("webp_lossy_tiny"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_as_large_as_those_that_the_targets_speak_of() {
        let megabytes = |picture: Picture| picture.file().len() as f64 / 1e6;
        let jpeg = megabytes(Picture::Jpeg(Side::TwelveMegapixels));
        let png = megabytes(Picture::Png(Side::FourMegapixels));
        assert!((2.7..3.3).contains(&jpeg) && (7.0..8.5).contains(&png), "{jpeg} and {png} MB");
    }
}
