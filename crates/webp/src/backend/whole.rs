//! Frames by image-webp 0.2.4: in comes one that was admitted, it is decoded whole, out come rows.
//!
//! It is handed the payload of one frame, never the container, and none of it that our own walk through its codes refuses:
//! on some of those it panics. A panic is an `Upstream` error all the same. Colours of lossy frames are made by our own
//! upsampling, and alpha is unfiltered by our own rows, so that pixels are libwebp's.

use std::hash::{DefaultHasher, Hasher};
use std::io::Read;

use fic_core::{Budget, Error, Format, Hold, PixelLayout, Span, Stage, rows_bytes};
use image_webp::vp8::{Frame, Vp8Decoder};
use image_webp::{DecodingError, WebPDecoder};

use super::canonical::Canonical;
use super::guard::guarded;
use crate::admit::Admitted;
use crate::alph::{Alph, Compression};
use crate::alpha_rows::{AlphaRows, Values};
use crate::decoder::to_len;
use crate::frame::Picture;
use crate::riff::offset_of;
use crate::vp8::Vp8;
use crate::vp8::planes::Planes;
use crate::vp8l::{HEADER, trees};
use crate::vp8x::FrameArea;
use crate::yuv::Upsampled;

/// How often the work of our own decoders is in that of image-webp: of a photograph of 512 x 512 pixels it takes 4.8 times
/// the instructions and 3.7 times the time where that is lossy, 1.8 and 1.7 times where it is lossless
/// (`benches/record/webp-backend-2026-11-29.md`).
const LOSSY_WORK: u64 = 4;
const LOSSLESS_WORK: u64 = 2;
/// Planes of a macroblock, and what is kept of it besides.
const MACROBLOCK_BYTES: u64 = 384;
const RECORD_BYTES: u64 = 30;
/// Probabilities and borders.
const LOSSY_FIXED: u64 = 6 << 10;

/// Puts image-webp's memory and work in the place of those of our own decoders.
///
/// # Errors
/// `Unsupported` for what it reads otherwise than the reference decoder.
pub(crate) fn charge(admitted: &mut Admitted<'_>, picture: &Picture) -> Result<(), Error> {
    let mut times = LOSSLESS_WORK;
    if let Picture::Lossy { header, data, .. } = picture {
        if header.has_levels_beyond() {
            let what = "VP8 filter level of a segment out of its range";
            return Err(Error::unsupported(Stage::Admit, Format::WebP, what).at(offset_of(data.start)));
        }
        let payload = data.of(admitted.input);
        // A doubtful end is decoded twice.
        times = if payload.last() == Some(&0) { LOSSY_WORK } else { 2 * LOSSY_WORK };
        admitted.memory.lossy = lossy_bytes(header, payload);
    }
    if let Some(stream) = picture.lossless_stream() {
        let FrameArea { width, height, .. } = admitted.area;
        let own = trees::bytes(stream.of(admitted.input), offset_of(stream.start), (width, height))?;
        admitted.memory.lossless = rows_bytes(PixelLayout::Rgba, width, height).saturating_add(own);
    }
    admitted.work = admitted.work.saturating_mul(times);
    Ok(())
}

/// The planes, every partition in a copy, and either three more while the last is read or later a record of each
/// macroblock in a list that doubles when it is full; the row above.
fn lossy_bytes(header: &Vp8, payload: &[u8]) -> u64 {
    let columns = u64::from(header.width.div_ceil(16));
    let macroblocks = columns.saturating_mul(header.height.div_ceil(16).into());
    let list = macroblocks.max(4).checked_next_power_of_two().unwrap_or(u64::MAX);
    let records = list.saturating_mul(RECORD_BYTES).saturating_mul(3) / 2;
    let copies = offset_of(payload.len()).saturating_add(1);
    macroblocks
        .saturating_mul(MACROBLOCK_BYTES)
        .saturating_add(copies.saturating_add(records.max(copies.saturating_mul(3))))
        .saturating_add(columns.saturating_mul(RECORD_BYTES + 32))
        .saturating_add(LOSSY_FIXED)
}

/// A frame that is decoded, its rows made one by one.
pub(crate) enum Whole<'a> {
    Lossless(Pixels),
    Lossy(Box<Lossy<'a>>),
}

/// The planes of a lossy frame, and its alpha.
pub(crate) struct Lossy<'a> {
    planes: Planes,
    upsampled: Upsampled,
    alpha: Option<AlphaRows<'a>>,
    next: usize,
    _held: Hold,
}

impl<'a> Whole<'a> {
    /// Decodes the picture.
    pub(crate) fn open(
        picture: &Picture,
        admitted: &Admitted<'a>,
        budget: &Budget,
    ) -> Result<Whole<'a>, Error> {
        let (data, alpha) = match *picture {
            Picture::Lossless { data, .. } => {
                let stream = Span { start: data.start.saturating_add(HEADER), end: data.end };
                return Pixels::decode(stream, admitted, budget).map(Whole::Lossless);
            }
            Picture::Lossy { data, alpha, .. } => (data, alpha),
        };
        let alpha = alpha.map(|alpha| alpha_rows(alpha, admitted, budget)).transpose()?;
        let held = budget.hold(admitted.memory.lossy)?;
        let FrameArea { width, height, .. } = admitted.area;
        let planes = planes(data.of(admitted.input), (width, height))?;
        budget.check(Stage::Decode)?;
        let upsampled = Upsampled::new(width as usize, height as usize);
        Ok(Whole::Lossy(Box::new(Lossy { planes, upsampled, alpha, next: 0, _held: held })))
    }

    /// Makes the next row.
    pub(crate) fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        match self {
            Whole::Lossless(pixels) => {
                let channels = layout.channels();
                for (out, pixel) in out.chunks_exact_mut(channels).zip(pixels.next_row()) {
                    out.copy_from_slice(&pixel[..channels]);
                }
            }
            Whole::Lossy(lossy) => lossy.next_row(layout, out)?,
        }
        Ok(())
    }
}

impl Lossy<'_> {
    fn next_row(&mut self, layout: PixelLayout, out: &mut [u8]) -> Result<(), Error> {
        let row = self.next;
        self.next += 1;
        if layout != PixelLayout::Rgba {
            self.upsampled.row::<3>(&self.planes, row, out);
            return Ok(());
        }
        self.upsampled.row::<4>(&self.planes, row, out);
        let pixels = out.chunks_exact_mut(4);
        match &mut self.alpha {
            Some(alpha) => pixels.zip(alpha.next_row()?).for_each(|(pixel, &alpha)| pixel[3] = alpha),
            None => pixels.for_each(|pixel| pixel[3] = 255),
        }
        Ok(())
    }
}

/// A decoded VP8L stream: red, green, blue and alpha of each pixel.
pub(crate) struct Pixels {
    pixels: Vec<u8>,
    width: usize,
    next: usize,
    _held: Hold,
}

impl Pixels {
    /// Decodes the stream, which follows its header.
    fn decode(stream: Span, admitted: &Admitted<'_>, budget: &Budget) -> Result<Pixels, Error> {
        let held = budget.hold(admitted.memory.lossless)?;
        let FrameArea { width, height, .. } = admitted.area;
        let mut pixels = vec![0; to_len(rows_bytes(PixelLayout::Rgba, width, height))?];
        guarded(|| {
            let file = Canonical::new(stream.of(admitted.input), width, height)?;
            let mut decoder = WebPDecoder::new(file).map_err(broken)?;
            decoder.read_image(&mut pixels).map_err(broken)
        })?;
        budget.check(Stage::Decode)?;
        Ok(Pixels { pixels, width: width as usize, next: 0, _held: held })
    }

    /// The next row; nothing past the last.
    pub(crate) fn next_row(&mut self) -> &[[u8; 4]] {
        let start = self.next * self.width;
        self.next += 1;
        self.pixels.as_chunks().0.get(start..start + self.width).unwrap_or_default()
    }
}

/// The alpha of a lossy frame; a compressed plane is the green of a lossless picture.
fn alpha_rows<'a>(alpha: Alph, admitted: &Admitted<'a>, budget: &Budget) -> Result<AlphaRows<'a>, Error> {
    let values = match alpha.compression {
        Compression::Raw => Values::Raw(alpha.data.of(admitted.input)),
        Compression::Lossless => Values::Whole(Pixels::decode(alpha.data, admitted, budget)?),
    };
    Ok(AlphaRows::new(values, alpha.filter, admitted.area.width as usize))
}

/// Decodes a lossy frame to its planes.
fn planes(payload: &[u8], (width, height): (u32, u32)) -> Result<Planes, Error> {
    let frame = guarded(|| whole_frame(payload))?;
    if (u32::from(frame.width), u32::from(frame.height)) != (width, height) {
        return Err(Error::upstream(Format::WebP, "image-webp sees another size than the outline"));
    }
    Ok(Planes::whole(width.div_ceil(16) as usize, [frame.ybuf, frame.ubuf, frame.vbuf]))
}

/// Decodes a lossy frame, refusing one whose last partition is cut short.
///
/// image-webp reads a zero past the end of a partition where the reference decoder stops, and so gives other pixels, as
/// if all were well, for a file that lost its last few bytes. Encoders end a partition with zeros: where one is there, it
/// is left out, and the zero of image-webp stands in for it. Where there is none, the frame must come out the same with
/// the lowest and with the highest byte put behind it, between which the missing one would have to lie.
fn whole_frame(payload: &[u8]) -> Result<Frame, Error> {
    if let Some((0, before)) = payload.split_last() {
        return Vp8Decoder::decode_frame(before).map_err(broken);
    }
    let highest = digest(&Vp8Decoder::decode_frame(payload.chain(&[0xff][..])).map_err(broken)?);
    let frame = Vp8Decoder::decode_frame(payload).map_err(broken)?;
    if digest(&frame) == highest {
        return Ok(frame);
    }
    Err(Error::malformed(Stage::Decode, Format::WebP, "last VP8 partition cut short"))
}

fn digest(frame: &Frame) -> u64 {
    let mut hasher = DefaultHasher::new();
    for plane in [&frame.ybuf, &frame.ubuf, &frame.vbuf] {
        hasher.write(plane);
    }
    hasher.finish()
}

/// The outline left nothing to go wrong but the entropy-coded data.
fn broken(err: DecodingError) -> Error {
    Error::malformed(Stage::Decode, Format::WebP, "broken or truncated picture data").with_source(err)
}
