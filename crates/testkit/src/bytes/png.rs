//! Builds PNG files chunk by chunk: it writes what it is told, wrong lengths and CRCs included.
//!
//! ```
//! use fic_testkit::bytes::png::PngBytes;
//!
//! // IHDR says 60,000 x 60,000, and there is no image data at all.
//! let lie = PngBytes::new(60_000, 60_000, 2, 8).idat(&[]).iend().into_vec();
//! assert_eq!(lie.len(), 8 + 25 + 12 + 12);
//! ```

pub mod deflate;

/// Colour type 0 of IHDR.
pub const GREY: u8 = 0;
/// Colour type 2 of IHDR.
pub const RGB: u8 = 2;
/// Colour type 3 of IHDR.
pub const PALETTE: u8 = 3;
/// Colour type 4 of IHDR.
pub const GREY_ALPHA: u8 = 4;
/// Colour type 6 of IHDR.
pub const RGBA: u8 = 6;

/// A PNG file under construction.
#[derive(Clone, Debug)]
#[must_use]
pub struct PngBytes(Vec<u8>);

/// The fields of an fcTL chunk that matter to a decoder of still pictures.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the specification's names")]
pub struct FrameControl {
    pub sequence: u32,
    pub width: u32,
    pub height: u32,
    pub x: u32,
    pub y: u32,
}

impl PngBytes {
    /// The signature alone.
    pub fn signature() -> PngBytes {
        PngBytes(b"\x89PNG\r\n\x1a\n".to_vec())
    }

    /// The signature and the IHDR of a picture that is not interlaced.
    pub fn new(width: u32, height: u32, colour: u8, depth: u8) -> PngBytes {
        PngBytes::signature().ihdr(width, height, colour, depth, 0)
    }

    /// The same with the passes of Adam7.
    pub fn adam7(width: u32, height: u32, colour: u8, depth: u8) -> PngBytes {
        PngBytes::signature().ihdr(width, height, colour, depth, 1)
    }

    /// An IHDR chunk.
    pub fn ihdr(self, width: u32, height: u32, colour: u8, depth: u8, interlace: u8) -> PngBytes {
        let mut data = [width.to_be_bytes(), height.to_be_bytes()].concat();
        data.extend([depth, colour, 0, 0, interlace]);
        self.chunk(b"IHDR", &data)
    }

    /// A chunk with its right length and CRC.
    pub fn chunk(self, kind: &[u8; 4], data: &[u8]) -> PngBytes {
        self.chunk_with_crc(kind, data, crc(kind, data))
    }

    /// A chunk with this CRC.
    pub fn chunk_with_crc(self, kind: &[u8; 4], data: &[u8], crc: u32) -> PngBytes {
        let length = u32::try_from(data.len()).expect("a chunk of less than 4 GiB");
        self.chunk_with_length(length, kind, data).raw(&crc.to_be_bytes())
    }

    /// A chunk with one bit of its CRC turned.
    pub fn chunk_with_bad_crc(self, kind: &[u8; 4], data: &[u8]) -> PngBytes {
        self.chunk_with_crc(kind, data, crc(kind, data) ^ 1)
    }

    /// Length, type and data as told, without a CRC.
    pub fn chunk_with_length(mut self, length: u32, kind: &[u8; 4], data: &[u8]) -> PngBytes {
        self.0.extend(length.to_be_bytes());
        self.0.extend(kind);
        self.0.extend(data);
        self
    }

    /// An IDAT chunk of bytes that are compressed already, or rubbish.
    pub fn idat(self, data: &[u8]) -> PngBytes {
        self.chunk(b"IDAT", data)
    }

    /// An IDAT chunk that stores `rows` uncompressed.
    pub fn idat_stored(self, rows: &[u8]) -> PngBytes {
        self.idat(&deflate::stored(rows))
    }

    /// An IDAT chunk that holds `rows` compressed.
    pub fn idat_deflated(self, rows: &[u8]) -> PngBytes {
        self.idat(&miniz_oxide::deflate::compress_to_vec_zlib(rows, 6))
    }

    /// Compressed bytes in IDAT chunks of `size` bytes each.
    pub fn idat_split(self, data: &[u8], size: usize) -> PngBytes {
        data.chunks(size).fold(self, |png, piece| png.idat(piece))
    }

    /// An acTL chunk.
    pub fn actl(self, frames: u32, plays: u32) -> PngBytes {
        self.chunk(b"acTL", &[frames.to_be_bytes(), plays.to_be_bytes()].concat())
    }

    /// An fcTL chunk with a delay of 1/10 second.
    pub fn fctl(self, frame: FrameControl) -> PngBytes {
        let FrameControl { sequence, width, height, x, y } = frame;
        let mut data = [sequence, width, height, x, y].map(u32::to_be_bytes).concat();
        data.extend([0, 1, 0, 10, 0, 0]);
        self.chunk(b"fcTL", &data)
    }

    /// An fdAT chunk.
    pub fn fdat(self, sequence: u32, data: &[u8]) -> PngBytes {
        self.chunk(b"fdAT", &[&sequence.to_be_bytes()[..], data].concat())
    }

    /// An iCCP chunk of that name and zlib stream.
    pub fn iccp(self, name: &str, zlib: &[u8]) -> PngBytes {
        self.chunk(b"iCCP", &[name.as_bytes(), &[0, 0], zlib].concat())
    }

    /// The IEND chunk.
    pub fn iend(self) -> PngBytes {
        self.chunk(b"IEND", &[])
    }

    /// Any bytes.
    pub fn raw(mut self, bytes: &[u8]) -> PngBytes {
        self.0.extend(bytes);
        self
    }

    /// The file so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The file.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

/// The CRC of a chunk: over its type and data.
pub fn crc(kind: &[u8; 4], data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(kind);
    hasher.update(data);
    hasher.finalize()
}

/// First column, first row, column step and row step of the seven passes of Adam7.
pub const ADAM7: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// The rows that IDAT holds before compression: `sample(x, y, channel)` of each pixel, packed into `depth` bits,
/// row after row and, for Adam7, pass after pass; each row with filter type `filter(row number)`.
pub fn filtered_rows(
    (width, height): (u32, u32),
    (samples, depth): (u8, u8),
    interlaced: bool,
    filter: impl Fn(u32) -> u8,
    sample: impl Fn(u32, u32, u8) -> u16,
) -> Vec<u8> {
    let passes = if interlaced { &ADAM7[..] } else { &[(0, 0, 1, 1)] };
    let pixel_bytes = (usize::from(samples) * usize::from(depth)).div_ceil(8);
    let mut out = Vec::new();
    let mut number = 0;
    for &(x0, y0, dx, dy) in passes {
        let columns: Vec<u32> = (x0..width).step_by(dx as usize).collect();
        let mut above = None;
        for y in (y0..height).step_by(dy as usize).filter(|_| !columns.is_empty()) {
            let row = packed_row(&columns, y, samples, depth, &sample);
            let above_row = above.take().unwrap_or_else(|| vec![0; row.len()]);
            out.push(filter(number));
            out.extend(filtered(filter(number), &row, &above_row, pixel_bytes));
            above = Some(row);
            number += 1;
        }
    }
    out
}

fn packed_row(
    columns: &[u32],
    y: u32,
    samples: u8,
    depth: u8,
    sample: &impl Fn(u32, u32, u8) -> u16,
) -> Vec<u8> {
    let mut row = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for (&x, channel) in columns.iter().flat_map(|x| (0..samples).map(move |channel| (x, channel))) {
        bits = bits << depth | u32::from(sample(x, y, channel));
        count += depth;
        while count >= 8 {
            row.push((bits >> (count - 8)) as u8);
            count -= 8;
        }
    }
    if count > 0 {
        row.push((bits << (8 - count)) as u8);
    }
    row
}

/// One row under filter type 0 to 4; any other type leaves the bytes as they are.
fn filtered(filter: u8, row: &[u8], above: &[u8], pixel_bytes: usize) -> Vec<u8> {
    let before = |row: &[u8], at: usize| at.checked_sub(pixel_bytes).map_or(0, |at| row[at]);
    (0..row.len())
        .map(|at| {
            let (a, b, c) = (before(row, at), above[at], before(above, at));
            let guess = match filter {
                1 => a,
                2 => b,
                3 => ((u16::from(a) + u16::from(b)) / 2) as u8,
                4 => paeth(a, b, c),
                _ => 0,
            };
            row[at].wrapping_sub(guess)
        })
        .collect()
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let guess = i16::from(a) + i16::from(b) - i16::from(c);
    let distance = |byte: u8| guess.abs_diff(byte.into());
    if distance(a) <= distance(b) && distance(a) <= distance(c) {
        a
    } else if distance(b) <= distance(c) {
        b
    } else {
        c
    }
}
