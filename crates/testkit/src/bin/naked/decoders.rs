//! The bare decoders, each called as the first example of its own documentation calls it, and the stack.

use std::fmt::Debug;
use std::io::Cursor;

use fastimagecache::{Error, Kind, Policy, Recipe, Thumbnailer};
use zune_core::bytestream::ZCursor;

use crate::outcome::Verdict;

/// The name of the gated side.
pub(crate) const STACK: &str = "fastimagecache";

/// The bare decoders of a file that starts like this.
pub(crate) fn of_format(bytes: &[u8]) -> &'static [&'static str] {
    match bytes {
        [0xFF, 0xD8, ..] => &["zune-jpeg"],
        [0x89, b'P', b'N', b'G', ..] => &["png", "zune-png"],
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => &["image-webp"],
        [b'G', b'I', b'F', b'8', ..] => &["gif"],
        _ => &[],
    }
}

/// Runs that decoder over the file.
pub(crate) fn run(decoder: &str, bytes: &[u8]) -> Verdict {
    match decoder {
        STACK => gated(bytes),
        "gif" => verdict(gif(bytes)),
        "image-webp" => verdict(webp(bytes)),
        "png" => verdict(png(bytes)),
        "zune-jpeg" => verdict(zune_jpeg(bytes)),
        "zune-png" => verdict(zune_png(bytes)),
        other => panic!("no decoder {other}"),
    }
}

fn gated(bytes: &[u8]) -> Verdict {
    match Thumbnailer::new(Policy::untrusted()).thumbnail(bytes, &Recipe::within(256, 256)) {
        Ok(thumb) => Verdict::Ok(format!("{}x{}", thumb.width, thumb.height)),
        Err(refusal) => Verdict::Error(reason(&refusal)),
    }
}

fn reason(refusal: &Error) -> String {
    match refusal.kind() {
        Kind::Limit { limit, .. } => limit.name().to_owned(),
        kind => kind.name().to_owned(),
    }
}

fn verdict(result: Result<String, String>) -> Verdict {
    result.map_or_else(Verdict::Error, Verdict::Ok)
}

fn said(error: impl Debug) -> String {
    format!("{error:?}")
}

fn zune_jpeg(bytes: &[u8]) -> Result<String, String> {
    let mut decoder = zune_jpeg::JpegDecoder::new(ZCursor::new(bytes));
    let pixels = decoder.decode().map_err(said)?;
    std::hint::black_box(&pixels);
    let info = decoder.info().ok_or("no size")?;
    Ok(format!("{}x{}", info.width, info.height))
}

fn zune_png(bytes: &[u8]) -> Result<String, String> {
    let mut decoder = zune_png::PngDecoder::new(ZCursor::new(bytes));
    let pixels = decoder.decode().map_err(said)?;
    std::hint::black_box(&pixels);
    let (width, height) = decoder.dimensions().ok_or("no size")?;
    Ok(format!("{width}x{height}"))
}

fn png(bytes: &[u8]) -> Result<String, String> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().map_err(said)?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large for memory")?];
    let info = reader.next_frame(&mut pixels).map_err(said)?;
    std::hint::black_box(&pixels);
    Ok(format!("{}x{}", info.width, info.height))
}

fn webp(bytes: &[u8]) -> Result<String, String> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(said)?;
    let mut pixels = vec![0; decoder.output_buffer_size().ok_or("too large for memory")?];
    decoder.read_image(&mut pixels).map_err(said)?;
    std::hint::black_box(&pixels);
    let (width, height) = decoder.dimensions();
    Ok(format!("{width}x{height}"))
}

fn gif(bytes: &[u8]) -> Result<String, String> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(Cursor::new(bytes)).map_err(said)?;
    let mut frames = 0;
    while let Some(frame) = decoder.read_next_frame().map_err(said)? {
        std::hint::black_box(frame);
        frames += 1;
    }
    Ok(format!("{}x{}, {frames} frames", decoder.width(), decoder.height()))
}
