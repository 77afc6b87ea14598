//! Builds JPEG files byte by byte.
//!
//! ```
//! use fic_testkit::bytes::jpeg::{JpegBytes, Part};
//!
//! // One grey block: a DC difference of zero and an end of block, a bit each, then ones as padding.
//! let grey = JpegBytes::new().tables().frame(0xC0, 8, 8, &[(1, 0x11)]).scan(&[Part::new(1)]).data(&[0x3F]).end();
//! assert!(grey.starts_with(&[0xFF, 0xD8]) && grey.ends_with(&[0x3F, 0xFF, 0xD9]));
//! ```

/// A file under construction: each call appends a segment or bytes.
#[derive(Clone, Debug)]
pub struct JpegBytes(Vec<u8>);

/// A component's part in a scan header.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    id: u8,
    tables: u8,
}

impl Part {
    /// Component `id` with the tables in slot 0.
    pub const fn new(id: u8) -> Part {
        Part { id, tables: 0 }
    }

    /// With other slots: the DC table's in the high four bits, the AC table's in the low.
    #[must_use]
    pub const fn tables(mut self, tables: u8) -> Part {
        self.tables = tables;
        self
    }
}

/// What a scan header says about coefficients: Ss, Se, Ah and Al in one byte.
pub type Band = (u8, u8, u8);

/// The band of a sequential scan.
pub const SEQUENTIAL: Band = (0, 63, 0);
/// The band of a first and only DC scan.
pub const DC: Band = (0, 0, 0);

impl JpegBytes {
    /// SOI.
    #[allow(clippy::new_without_default, reason = "a file with SOI alone is no default for anything")]
    pub fn new() -> JpegBytes {
        JpegBytes(vec![0xFF, 0xD8])
    }

    /// Nothing, not even SOI: for parts that are put together.
    pub fn empty() -> JpegBytes {
        JpegBytes(vec![])
    }

    /// Bytes that are in no segment.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> JpegBytes {
        self.0.extend(bytes);
        self
    }

    /// A marker without a segment.
    #[must_use]
    pub fn marker(self, code: u8) -> JpegBytes {
        self.raw(&[0xFF, code])
    }

    /// A segment with the length that its payload has.
    #[must_use]
    pub fn segment(self, code: u8, payload: &[u8]) -> JpegBytes {
        let length = u16::try_from(payload.len() + 2).expect("a payload of at most 65,533 bytes");
        self.segment_of_length(code, length, payload)
    }

    /// A segment with any length.
    #[must_use]
    pub fn segment_of_length(self, code: u8, length: u16, payload: &[u8]) -> JpegBytes {
        self.marker(code).raw(&length.to_be_bytes()).raw(payload)
    }

    /// The same bytes, `times` times.
    #[must_use]
    pub fn repeat(mut self, times: usize, bytes: &[u8]) -> JpegBytes {
        self.0.reserve(times * bytes.len());
        for _ in 0..times {
            self.0.extend(bytes);
        }
        self
    }

    /// A JFIF segment.
    #[must_use]
    pub fn jfif(self) -> JpegBytes {
        self.segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
    }

    /// Adobe's segment.
    #[must_use]
    pub fn adobe(self, transform: u8) -> JpegBytes {
        self.segment(0xEE, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat())
    }

    /// An EXIF segment around `tiff`.
    #[must_use]
    pub fn exif(self, tiff: &[u8]) -> JpegBytes {
        self.segment(0xE1, &[b"Exif\0\0", tiff].concat())
    }

    /// A segment of an ICC profile.
    #[must_use]
    pub fn icc(self, number: u8, count: u8, data: &[u8]) -> JpegBytes {
        self.segment(0xE2, &[b"ICC_PROFILE\0".as_slice(), &[number, count], data].concat())
    }

    /// A quantisation table of ones; `selector` is precision and slot.
    #[must_use]
    pub fn quantiser(self, selector: u8) -> JpegBytes {
        self.segment(0xDB, &[[selector].as_slice(), &[1; 64]].concat())
    }

    /// A Huffman table; `selector` is class and slot, `counts` start at codes of one bit.
    #[must_use]
    pub fn huffman(self, selector: u8, counts: &[u8], values: &[u8]) -> JpegBytes {
        let mut payload = vec![selector];
        payload.extend(counts);
        payload.resize(17, 0);
        payload.extend(values);
        self.segment(0xC4, &payload)
    }

    /// Quantisation table 0 and Huffman tables 0 in which a single 0 bit is a DC difference of zero, or the
    /// end of a block; `10` is a DC difference of one bit, or a run of 2^14 ends with 14 more bits.
    #[must_use]
    pub fn tables(self) -> JpegBytes {
        self.quantiser(0).huffman(0x00, &[1, 1], &[0, 1]).huffman(0x10, &[1, 1], &[0x00, 0xE0])
    }

    /// A frame header of 8 bits a sample; each component is its identifier and its sampling factors.
    #[must_use]
    pub fn frame(self, code: u8, width: u16, height: u16, components: &[(u8, u8)]) -> JpegBytes {
        self.frame_of_precision(code, 8, width, height, components)
    }

    /// A frame header of any precision.
    #[must_use]
    pub fn frame_of_precision(
        self,
        code: u8,
        precision: u8,
        width: u16,
        height: u16,
        components: &[(u8, u8)],
    ) -> JpegBytes {
        let mut payload = vec![precision];
        payload.extend(height.to_be_bytes());
        payload.extend(width.to_be_bytes());
        payload.push(u8::try_from(components.len()).expect("at most 255 components"));
        for &(id, factors) in components {
            payload.extend([id, factors, 0]);
        }
        self.segment(code, &payload)
    }

    /// The header of a sequential scan.
    #[must_use]
    pub fn scan(self, parts: &[Part]) -> JpegBytes {
        self.scan_of(parts, SEQUENTIAL)
    }

    /// The header of any scan.
    #[must_use]
    pub fn scan_of(self, parts: &[Part], (first, last, bits): Band) -> JpegBytes {
        let mut payload = vec![u8::try_from(parts.len()).expect("at most 255 components")];
        for part in parts {
            payload.extend([part.id, part.tables]);
        }
        payload.extend([first, last, bits]);
        self.segment(0xDA, &payload)
    }

    /// Entropy-coded data, stuffed where needed.
    #[must_use]
    pub fn data(mut self, bytes: &[u8]) -> JpegBytes {
        for &byte in bytes {
            self.0.push(byte);
            if byte == 0xFF {
                self.0.push(0);
            }
        }
        self
    }

    /// Data of `blocks` blocks of `bits_each` zero bits, filled up with ones.
    #[must_use]
    pub fn zero_blocks(self, blocks: usize, bits_each: usize) -> JpegBytes {
        let bits = blocks * bits_each;
        let mut bytes = vec![0; bits.div_ceil(8)];
        if let (Some(last), used @ 1..) = (bytes.last_mut(), bits % 8) {
            *last = 0xFF >> used;
        }
        self.data(&bytes)
    }

    /// Data of an AC scan in which `blocks` blocks have no coefficient: runs of ends by the tables of
    /// [`tables`](JpegBytes::tables).
    #[must_use]
    pub fn ends_of(self, blocks: usize) -> JpegBytes {
        let mut bits = BitWriter::default();
        let mut left = blocks;
        while left >= 1 << 14 {
            let run = left.min((1 << 15) - 1);
            bits.push(0b10, 2);
            bits.push(u32::try_from(run - (1 << 14)).expect("14 bits"), 14);
            left -= run;
        }
        bits.push(0, u32::try_from(left).expect("under 2^14"));
        self.data(&bits.finish())
    }

    /// A restart marker.
    #[must_use]
    pub fn restart(self, number: u8) -> JpegBytes {
        self.marker(0xD0 | (number & 7))
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    /// EOI, and the bytes.
    pub fn end(self) -> Vec<u8> {
        self.marker(0xD9).finish()
    }
}

/// Writes bits, the most significant first.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    window: u8,
    used: u32,
}

impl BitWriter {
    /// Appends the low `count` bits of `value`; past 32 bits they are zeros in front.
    pub fn push(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            let bit = if place < 32 { value >> place & 1 } else { 0 };
            self.window = self.window << 1 | u8::from(bit == 1);
            self.used += 1;
            if self.used == 8 {
                self.bytes.push(self.window);
                (self.window, self.used) = (0, 0);
            }
        }
    }

    /// The bytes, the last one filled up with ones.
    pub fn finish(mut self) -> Vec<u8> {
        while self.used != 0 {
            self.push(1, 1);
        }
        self.bytes
    }
}
