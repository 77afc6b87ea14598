//! Files of each format from pixels, by the encoders of others; and pixels back, by the decoders of others.

use std::borrow::Cow;
use std::io::Cursor;

use fic_core::Format;
use image_webp::{ColorType, WebPDecoder, WebPEncoder};
use jpeg_encoder::{Encoder, SamplingFactor};

use crate::photo::Raster;

/// Scans of a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scans {
    Baseline,
    Progressive,
}

pub(crate) fn jpeg(raster: &Raster, sampling: SamplingFactor, scans: Scans) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 85);
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(scans == Scans::Progressive);
    encoder
        .encode(&raster.rgb, side(raster.width), side(raster.height), jpeg_encoder::ColorType::Rgb)
        .expect("pixels fit their size");
    file
}

pub(crate) fn png(raster: &Raster, depth: png::BitDepth) -> Vec<u8> {
    let samples: Cow<'_, [u8]> = match depth {
        // The low byte continues the grain of the high one, as a camera's would.
        png::BitDepth::Sixteen => raster.rgb.iter().flat_map(|&s| [s, s.wrapping_mul(167)]).collect(),
        _ => Cow::Borrowed(&raster.rgb),
    };
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, raster.width, raster.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&samples).expect("pixels fit their size");
    writer.finish().expect("a file in memory");
    file
}

pub(crate) fn webp(raster: &Raster) -> Vec<u8> {
    let mut file = Vec::new();
    WebPEncoder::new(&mut file)
        .encode(&raster.rgb, raster.width, raster.height, ColorType::Rgb8)
        .expect("pixels fit their size");
    file
}

/// Frames of six levels of red and blue and seven of green, each a step further to the right.
pub(crate) fn gif(raster: &Raster, width: u32, height: u32, frames: u32) -> Vec<u8> {
    let level = |sample: u8, levels: u16| u16::from(sample) * (levels - 1) / 255;
    let palette: Vec<u8> = (0..252u16)
        .flat_map(|i| [i / 42 * 51, i / 6 % 7 * 42, i % 6 * 51].map(|v| v.min(255) as u8))
        .collect();
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, side(width), side(height), &palette).expect("a header");
    for frame in 0..frames {
        let rows = raster.rgb.chunks_exact(raster.width as usize * 3).take(height as usize);
        let left = frame as usize * 4 * 3;
        let indices: Vec<u8> = rows
            .flat_map(|row| row[left..][..width as usize * 3].chunks_exact(3))
            .map(|p| (level(p[0], 6) * 42 + level(p[1], 7) * 6 + level(p[2], 6)) as u8)
            .collect();
        encoder
            .write_frame(&gif::Frame::from_indexed_pixels(side(width), side(height), indices, None))
            .expect("a file in memory");
    }
    drop(encoder);
    file
}

/// Pixels of a file by a decoder that is not ours: the first frame, RGB or RGBA, full size.
pub fn second_opinion(file: &[u8], format: Format) -> Vec<u8> {
    match format {
        Format::Gif => {
            let mut options = gif::DecodeOptions::new();
            options.set_color_output(gif::ColorOutput::RGBA);
            let mut decoder = options.read_info(file).expect("a GIF");
            let frame = decoder.read_next_frame().expect("a GIF").expect("a frame");
            frame.buffer.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect()
        }
        Format::Jpeg => jpeg_decoder::Decoder::new(file).decode().expect("a JPEG"),
        Format::Png => {
            let mut decoder = png::Decoder::new(Cursor::new(file));
            decoder.set_transformations(png::Transformations::normalize_to_color8());
            let mut reader = decoder.read_info().expect("a PNG");
            let mut pixels = vec![0; reader.output_buffer_size().expect("a PNG that fits")];
            reader.next_frame(&mut pixels).expect("a PNG");
            pixels
        }
        Format::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(file)).expect("a WebP");
            let mut pixels = vec![0; decoder.output_buffer_size().expect("a WebP that fits")];
            decoder.read_image(&mut pixels).expect("a WebP");
            pixels
        }
    }
}

fn side(side: u32) -> u16 {
    u16::try_from(side).expect("a side of 16 bits")
}
