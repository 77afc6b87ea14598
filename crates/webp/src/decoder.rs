//! Decoding: in comes what was admitted, out come bands of rows.
//!
//! The frame is decoded as a whole when it is opened (its planes for a lossy one, its pixels for a lossless one);
//! chroma, alpha and the canvas are done a band at a time. A stream that ends early or is broken gives no rows.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;

use fic_core::{Band, Bands, Budget, Error, Format, Hold, PixelBuf, PixelLayout, Stage, rows_bytes};
use image_webp::vp8::{Frame, Vp8Decoder};
use image_webp::{DecodingError, WebPDecoder};

use crate::admit::{Admitted, BAND_ROWS};
use crate::alph::{Alph, Compression};
use crate::alpha_rows::{AlphaRows, Values};
use crate::canonical::Canonical;
use crate::frame::Picture;
use crate::vp8x::FrameArea;
use crate::yuv::Planes;

/// The rows of one picture, or of an animation's canvas with its first frame.
pub struct Decoder<'a> {
    frame: FrameRows<'a>,
    area: FrameArea,
    width: u32,
    height: u32,
    layout: PixelLayout,
    band: Vec<u8>,
    next_row: u32,
    budget: Budget,
    _held: Hold,
}

impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height, row) = (self.width, self.height, self.next_row);
        f.debug_struct("Decoder")
            .field("size", &(width, height))
            .field("next_row", &row)
            .finish_non_exhaustive()
    }
}

/// Decodes the frame that was admitted.
///
/// # Errors
/// `Malformed` for a broken or truncated stream, `Limit` where the budget has no room, `Deadline`, `Cancelled`.
pub fn open<'a>(admitted: Admitted<'a>, budget: &Budget) -> Result<Decoder<'a>, Error> {
    budget.check(Stage::Decode)?;
    let held = budget.hold(admitted.memory.band)?;
    let frame = match admitted.picture {
        Picture::Lossless { data, .. } => {
            FrameRows::Lossless(lossless(Canonical::picture, data.of(admitted.input), &admitted, budget)?)
        }
        Picture::Lossy { data, alpha, .. } => {
            let alpha = alpha.map(|alpha| alpha_rows(alpha, &admitted, budget)).transpose()?;
            let (planes, held) = lossy(data.of(admitted.input), &admitted, budget)?;
            FrameRows::Lossy { planes, alpha, _held: held }
        }
    };
    budget.check(Stage::Decode)?;
    let band_rows = admitted.height.min(BAND_ROWS);
    let band = vec![0; to_len(rows_bytes(admitted.layout, admitted.width, band_rows))?];
    Ok(Decoder {
        frame,
        area: admitted.area,
        width: admitted.width,
        height: admitted.height,
        layout: admitted.layout,
        band,
        next_row: 0,
        budget: budget.clone(),
        _held: held,
    })
}

/// Decodes a lossless stream to four bytes a pixel.
fn lossless<'a>(
    canonical: impl FnOnce(&'a [u8], u32, u32) -> Result<Canonical<'a>, Error>,
    stream: &'a [u8],
    admitted: &Admitted<'a>,
    budget: &Budget,
) -> Result<PixelBuf, Error> {
    let FrameArea { width, height, .. } = admitted.area;
    let _own = budget.hold(admitted.memory.lossless)?;
    let mut pixels = PixelBuf::zeroed(PixelLayout::Rgba, width, height, budget)?;
    let mut decoder = WebPDecoder::new(canonical(stream, width, height)?).map_err(broken)?;
    if decoder.dimensions() != (width, height) || !decoder.has_alpha() || decoder.is_animated() {
        return Err(Error::upstream(Format::WebP, "lossless decoder sees another picture than the outline"));
    }
    decoder.read_image(pixels.as_bytes_mut()).map_err(broken)?;
    budget.check(Stage::Decode)?;
    Ok(pixels)
}

/// Decodes a lossy frame to its planes, with the receipt for them.
fn lossy(payload: &[u8], admitted: &Admitted<'_>, budget: &Budget) -> Result<(Planes, Hold), Error> {
    let FrameArea { width, height, .. } = admitted.area;
    let held = budget.hold(admitted.memory.planes)?;
    let _own = budget.hold(admitted.memory.lossy)?;
    let frame = whole_frame(payload)?;
    if (u32::from(frame.width), u32::from(frame.height)) != (width, height) {
        return Err(Error::upstream(Format::WebP, "lossy decoder sees another size than the outline"));
    }
    budget.check(Stage::Decode)?;
    Ok((Planes::new(frame), held))
}

/// Decodes a lossy frame, refusing one whose last partition is cut short.
///
/// The decoder underneath reads a zero past the end of a partition where the reference decoder stops, and so
/// gives other pixels, as if all were well, for a file that lost its last few bytes. Encoders end a partition
/// with zeros: where one is there, it is left out, and the decoder's zero stands in for it. Where there is none,
/// the frame must come out the same with the lowest and with the highest byte put behind it, between which the
/// missing one would have to lie.
fn whole_frame(payload: &[u8]) -> Result<Frame, Error> {
    if let Some((0, before)) = payload.split_last() {
        return Vp8Decoder::decode_frame(before).map_err(broken);
    }
    let highest = planes_hash(&Vp8Decoder::decode_frame(payload.chain(&[0xff][..])).map_err(broken)?);
    let frame = Vp8Decoder::decode_frame(payload).map_err(broken)?;
    if planes_hash(&frame) == highest {
        return Ok(frame);
    }
    Err(Error::malformed(Stage::Decode, Format::WebP, "last VP8 partition cut short"))
}

fn planes_hash(frame: &Frame) -> u64 {
    let mut hasher = DefaultHasher::new();
    for plane in [&frame.ybuf, &frame.ubuf, &frame.vbuf] {
        hasher.write(plane);
    }
    hasher.finish()
}

/// The alpha of a lossy frame; a compressed plane is the green of a lossless picture.
fn alpha_rows<'a>(alpha: Alph, admitted: &Admitted<'a>, budget: &Budget) -> Result<AlphaRows<'a>, Error> {
    let FrameArea { width, height, .. } = admitted.area;
    let stored = alpha.data.of(admitted.input);
    let values = match alpha.compression {
        Compression::Raw => Values::Raw(stored),
        Compression::Lossless => {
            let pixels = lossless(Canonical::alpha, stored, admitted, budget)?;
            let mut plane = PixelBuf::zeroed(PixelLayout::Gray, width, height, budget)?;
            for (value, pixel) in plane.as_bytes_mut().iter_mut().zip(pixels.as_bytes().chunks_exact(4)) {
                *value = pixel[1];
            }
            Values::Decoded(plane)
        }
    };
    Ok(AlphaRows::new(values, alpha.filter, width as usize))
}

/// The decoded frame, a row at a time from the top.
enum FrameRows<'a> {
    Lossless(PixelBuf),
    Lossy { planes: Planes, alpha: Option<AlphaRows<'a>>, _held: Hold },
}

impl FrameRows<'_> {
    fn row(&mut self, row: usize, layout: PixelLayout, out: &mut [u8]) {
        match (self, layout) {
            (FrameRows::Lossless(pixels), PixelLayout::Rgba) => {
                let stride = out.len();
                out.copy_from_slice(&pixels.as_bytes()[row * stride..][..stride]);
            }
            (FrameRows::Lossless(pixels), _) => {
                let stride = out.len() / 3 * 4;
                let row = &pixels.as_bytes()[row * stride..][..stride];
                for (out, pixel) in out.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
                    out.copy_from_slice(&pixel[..3]);
                }
            }
            (FrameRows::Lossy { planes, alpha, .. }, PixelLayout::Rgba) => {
                planes.row::<4>(row, out);
                let pixels = out.chunks_exact_mut(4);
                match alpha {
                    Some(alpha) => pixels.zip(alpha.next_row()).for_each(|(pixel, &alpha)| pixel[3] = alpha),
                    None => pixels.for_each(|pixel| pixel[3] = 255),
                }
            }
            (FrameRows::Lossy { planes, .. }, _) => planes.row::<3>(row, out),
        }
    }
}

impl Decoder<'_> {
    /// Makes one row of the canvas: transparent black outside the frame.
    fn canvas_row(&mut self, row: u32, band_row: usize) {
        let channels = self.layout.channels();
        let stride = self.width as usize * channels;
        let out = &mut self.band[band_row * stride..][..stride];
        let FrameArea { x, y, width, height } = self.area;
        if (width, height) != (self.width, self.height) {
            out.fill(0);
        }
        if let Some(row) = row.checked_sub(y).filter(|&row| row < height) {
            let inside = &mut out[x as usize * channels..][..width as usize * channels];
            self.frame.row(row as usize, self.layout, inside);
        }
    }
}

impl Bands for Decoder<'_> {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn layout(&self) -> PixelLayout {
        self.layout
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        self.budget.check(Stage::Decode)?;
        let first_row = self.next_row;
        let rows = BAND_ROWS.min(self.height - first_row);
        if rows == 0 {
            return Ok(None);
        }
        for row in 0..rows {
            self.canvas_row(first_row + row, row as usize);
        }
        self.next_row += rows;
        let len = self.width as usize * self.layout.channels() * rows as usize;
        Ok(Some(Band { first_row, bytes: &self.band[..len] }))
    }
}

/// The outline left nothing to go wrong but the entropy-coded data.
fn broken(err: DecodingError) -> Error {
    Error::malformed(Stage::Decode, Format::WebP, "broken or truncated picture data").with_source(err)
}

fn to_len(bytes: u64) -> Result<usize, Error> {
    usize::try_from(bytes).map_err(|_| Error::upstream(Format::WebP, "band larger than the address space"))
}
