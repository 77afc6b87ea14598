//! Builds WebP files: the RIFF container, VP8L streams bit by bit, VP8 frame headers.
//!
//! Everything is written as told. A test that lies about a size says so in its own line.

/// `VP8X` flags, to be added up.
pub mod flags {
    /// An ICC profile follows.
    pub const ICC: u8 = 0x20;
    /// Some frame has alpha.
    pub const ALPHA: u8 = 0x10;
    /// An EXIF chunk follows.
    pub const EXIF: u8 = 0x08;
    /// An XMP chunk follows.
    pub const XMP: u8 = 0x04;
    /// The file is an animation.
    pub const ANIMATION: u8 = 0x02;
}

/// A file, or the chunks of an animation frame.
#[derive(Clone, Debug, Default)]
pub struct WebpBytes {
    chunks: Vec<u8>,
    riff_size: Option<u32>,
    trailing: Vec<u8>,
}

impl WebpBytes {
    /// A file without chunks.
    pub fn new() -> WebpBytes {
        WebpBytes::default()
    }

    /// A chunk with its true size, padded.
    pub fn chunk(self, fourcc: &[u8; 4], payload: &[u8]) -> WebpBytes {
        let mut with = self.chunk_stating(fourcc, payload.len() as u32, payload);
        if payload.len() % 2 == 1 {
            with.chunks.push(0);
        }
        with
    }

    /// A chunk that states a size of its own choice, not padded.
    pub fn chunk_stating(mut self, fourcc: &[u8; 4], stated: u32, payload: &[u8]) -> WebpBytes {
        self.chunks.extend(fourcc);
        self.chunks.extend(stated.to_le_bytes());
        self.chunks.extend(payload);
        self
    }

    /// The extended header.
    pub fn vp8x(self, flags: u8, width: u32, height: u32) -> WebpBytes {
        let mut payload = vec![flags, 0, 0, 0];
        payload.extend(three(width.wrapping_sub(1)));
        payload.extend(three(height.wrapping_sub(1)));
        self.chunk(b"VP8X", &payload)
    }

    /// The global parameters of an animation: white background, endless.
    pub fn anim(self) -> WebpBytes {
        self.chunk(b"ANIM", &[0xff, 0xff, 0xff, 0xff, 0, 0])
    }

    /// An animation frame at `(x, y)`, which must be even, of the size stated, made of the chunks of `inside`; blended and
    /// kept.
    pub fn frame(self, x: u32, y: u32, width: u32, height: u32, inside: WebpBytes) -> WebpBytes {
        self.frame_with(0, x, y, width, height, inside)
    }

    /// The same with flags: 1 clears the frame away before the next one, 2 does not blend.
    pub fn frame_with(
        self,
        flags: u8,
        x: u32,
        y: u32,
        width: u32,
        height: u32,
        inside: WebpBytes,
    ) -> WebpBytes {
        let mut payload = Vec::new();
        for field in [x / 2, y / 2, width.wrapping_sub(1), height.wrapping_sub(1), 100] {
            payload.extend(three(field));
        }
        payload.push(flags);
        payload.extend(inside.chunks);
        self.chunk(b"ANMF", &payload)
    }

    /// Bytes of no chunk, between the chunks.
    pub fn raw(mut self, bytes: &[u8]) -> WebpBytes {
        self.chunks.extend(bytes);
        self
    }

    /// A RIFF size of its own choice.
    pub fn riff_size(mut self, size: u32) -> WebpBytes {
        self.riff_size = Some(size);
        self
    }

    /// Bytes after the end.
    pub fn trailing(mut self, bytes: &[u8]) -> WebpBytes {
        self.trailing.extend(bytes);
        self
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let size = self.riff_size.unwrap_or(self.chunks.len() as u32 + 4);
        let mut file = b"RIFF".to_vec();
        file.extend(size.to_le_bytes());
        file.extend(b"WEBP");
        file.extend(self.chunks);
        file.extend(self.trailing);
        file
    }
}

fn three(value: u32) -> [u8; 3] {
    let [a, b, c, _] = value.to_le_bytes();
    [a, b, c]
}

/// A VP8L stream, bit by bit (RFC 9649, section 3).
#[derive(Clone, Debug, Default)]
pub struct Vp8lBytes {
    bytes: Vec<u8>,
    /// Bits that are used of the last byte; 0 where it is full.
    used: u32,
}

impl Vp8lBytes {
    /// A stream with a header: signature, sides, no alpha, version 0.
    pub fn new(width: u32, height: u32) -> Vp8lBytes {
        Vp8lBytes::headerless()
            .put(0x2f, 8)
            .put(width.wrapping_sub(1), 14)
            .put(height.wrapping_sub(1), 14)
            .put(0, 4)
    }

    /// A stream as an `ALPH` chunk has it.
    pub fn headerless() -> Vp8lBytes {
        Vp8lBytes::default()
    }

    /// `count` bits, the lowest first.
    pub fn put(mut self, value: u32, count: u32) -> Vp8lBytes {
        self.write(value, count);
        self
    }

    fn write(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().expect("a byte was pushed");
            *last |= (((value >> bit) & 1) as u8) << self.used;
            self.used = (self.used + 1) % 8;
        }
    }

    /// A predictor (0) or colour (1) transform with blocks of `1 << bits`; its sub-image must follow.
    pub fn block_transform(self, kind: u32, bits: u32) -> Vp8lBytes {
        self.put(1, 1).put(kind, 2).put(bits - 2, 3)
    }

    /// The subtract-green transform.
    pub fn subtract_green(self) -> Vp8lBytes {
        self.put(1, 1).put(2, 2)
    }

    /// A palette of so many colours; its sub-image must follow.
    pub fn palette(self, colours: u32) -> Vp8lBytes {
        self.put(1, 1).put(3, 2).put(colours - 1, 8)
    }

    /// The end of the transforms.
    pub fn end_of_transforms(self) -> Vp8lBytes {
        self.put(0, 1)
    }

    /// No colour cache.
    pub fn no_cache(self) -> Vp8lBytes {
        self.put(0, 1)
    }

    /// A colour cache of that many bits.
    pub fn cache(self, bits: u32) -> Vp8lBytes {
        self.put(1, 1).put(bits, 4)
    }

    /// One prefix code group for the whole picture.
    pub fn one_group(self) -> Vp8lBytes {
        self.put(0, 1)
    }

    /// A group for each block of `1 << bits`; the entropy image must follow.
    pub fn groups(self, bits: u32) -> Vp8lBytes {
        self.put(1, 1).put(bits - 2, 3)
    }

    /// A code of one symbol below 256, which takes no bits.
    pub fn single(self, symbol: u32) -> Vp8lBytes {
        if symbol < 2 { self.put(0b001, 3).put(symbol, 1) } else { self.put(0b101, 3).put(symbol, 8) }
    }

    /// A code of two symbols below 256, one bit each, in the order given.
    pub fn pair(self, first: u32, second: u32) -> Vp8lBytes {
        self.put(0b111, 3).put(first, 8).put(second, 8)
    }

    /// A group of five codes of one symbol each: green, red, blue, alpha, distance.
    pub fn singles(self, symbols: [u32; 5]) -> Vp8lBytes {
        symbols.into_iter().fold(self, Vp8lBytes::single)
    }

    /// A code by its lengths, each spelled out in four bits; lengths past the last one given are 0.
    pub fn code(self, lengths: &[u8]) -> Vp8lBytes {
        let mut with = self.lengths_follow(lengths.len() as u32);
        for &length in lengths {
            // All codes of the code length code have four bits, so symbol n has code n, highest bit first.
            with.write(u32::from(length).reverse_bits() >> 28, 4);
        }
        with
    }

    /// The start of a code: a code length code of four bits for each of 0 to 15, then how many follow.
    pub fn lengths_follow(self, count: u32) -> Vp8lBytes {
        let mut with = self.put(0, 1).put(15, 4);
        for symbol in [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] {
            with.write(if symbol < 16 { 4 } else { 0 }, 3);
        }
        with.put(1, 1).put(4, 3).put(count - 2, 10)
    }

    /// The stream, its last byte filled up with zeros.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// A picture of one colour with alpha, in a few dozen bytes whatever its size.
    pub fn solid_rgba(width: u32, height: u32, [red, green, blue, alpha]: [u8; 4]) -> Vec<u8> {
        Vp8lBytes::headerless()
            .put(0x2f, 8)
            .put(width.wrapping_sub(1), 14)
            .put(height.wrapping_sub(1), 14)
            .put(1, 4)
            .end_of_transforms()
            .no_cache()
            .one_group()
            .singles([green, red, blue, alpha, 0].map(u32::from))
            .finish()
    }

    /// A picture of one colour, in a few dozen bytes whatever its size.
    pub fn solid(width: u32, height: u32) -> Vec<u8> {
        Vp8lBytes::new(width, height)
            .end_of_transforms()
            .no_cache()
            .one_group()
            .singles([10, 200, 30, 255, 0])
            .finish()
    }
}

/// The start of a VP8 frame (RFC 6386, section 9), true or not.
#[derive(Clone, Debug)]
pub struct Vp8Header {
    /// The lowest bit of the frame tag: 0 for a key frame.
    pub key_frame_bit: u32,
    /// The version, 0 to 7.
    pub version: u32,
    /// Whether the frame is to be shown.
    pub show: bool,
    /// The size of the first partition.
    pub first_partition: u32,
    /// The width, 14 bits.
    pub width: u16,
    /// The height, 14 bits.
    pub height: u16,
}

impl Vp8Header {
    /// A shown key frame of version 0.
    pub fn new(width: u16, height: u16, first_partition: u32) -> Vp8Header {
        Vp8Header { key_frame_bit: 0, version: 0, show: true, first_partition, width, height }
    }

    /// The ten bytes, followed by `data`.
    pub fn followed_by(&self, data: &[u8]) -> Vec<u8> {
        let tag = self.key_frame_bit
            | (self.version << 1)
            | (u32::from(self.show) << 4)
            | (self.first_partition << 5);
        let mut bytes = three(tag).to_vec();
        bytes.extend([0x9d, 0x01, 0x2a]);
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        bytes.extend(data);
        bytes
    }
}

/// The boolean entropy encoder (RFC 6386, section 7.3), at even probability.
#[derive(Clone, Debug)]
pub struct BoolBytes {
    bytes: Vec<u8>,
    range: u32,
    bottom: u32,
    bits: u32,
}

impl Default for BoolBytes {
    fn default() -> BoolBytes {
        BoolBytes { bytes: Vec::new(), range: 255, bottom: 0, bits: 24 }
    }
}

impl BoolBytes {
    /// No bits yet.
    pub fn new() -> BoolBytes {
        BoolBytes::default()
    }

    /// `count` bits, the highest first.
    pub fn put(mut self, value: u32, count: u32) -> BoolBytes {
        for bit in (0..count).rev() {
            self.flag((value >> bit) & 1 == 1);
        }
        self
    }

    fn flag(&mut self, bit: bool) {
        let split = 1 + (((self.range - 1) * 128) >> 8);
        if bit {
            let (bottom, carry) = self.bottom.overflowing_add(split);
            self.bottom = bottom;
            self.range -= split;
            if carry {
                self.carry();
            }
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            if self.bottom >> 31 == 1 {
                self.carry();
            }
            self.bottom <<= 1;
            self.bits -= 1;
            if self.bits == 0 {
                self.bytes.push((self.bottom >> 24) as u8);
                self.bottom &= 0x00ff_ffff;
                self.bits = 8;
            }
        }
    }

    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }

    /// The bytes, with enough zeros behind them to be decoded.
    pub fn finish(self) -> Vec<u8> {
        self.put(0, 32).bytes
    }

    /// The fields of a frame header up to the number of coefficient partitions, `1 << log2`.
    pub fn with_partitions(log2: u32) -> BoolBytes {
        // Colour space, clamping, segmentation; filter type, level, sharpness; adjustments.
        BoolBytes::new().put(0, 3).put(0, 10).put(0, 1).put(log2, 2)
    }
}

/// A lossy picture of 16 x 16 pixels of one colour: the payload of its chunk.
pub const VP8_16X16: &[u8] = &[
    0x90, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00, 0x02, 0xc0, 0x4c, 0x25, 0xa0, 0x02, 0x74,
    0xba, 0x00, 0x03, 0x98, 0x00, 0xfe, 0xde, 0x12, 0x7f, 0x73, 0x63, 0x9c, 0x5a, 0xde, 0x3f, 0xf2, 0x53,
    0xf9, 0x2e, 0xe9, 0x5b, 0x66, 0x00, 0x00, 0x00,
];

/// A lossy picture of 64 x 64 pixels of one colour: the payload of its chunk.
pub const VP8_64X64: &[u8] = &[
    0x10, 0x04, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x00, 0x40, 0x00, 0x3e, 0xd1, 0x68, 0xaf, 0x52, 0x28, 0x26,
    0x24, 0x22, 0xa2, 0x08, 0x01, 0x00, 0x1a, 0x09, 0x69, 0x00, 0xd0, 0x46, 0x80, 0x00, 0x14, 0xb6, 0x2d,
    0xb6, 0xdc, 0x52, 0xb1, 0xf2, 0xc5, 0x00, 0x00, 0xfe, 0xd0, 0xca, 0xfe, 0xbe, 0x00, 0xa7, 0xaa, 0x3f,
    0xf7, 0x06, 0x67, 0xd5, 0xd8, 0x28, 0x7d, 0x5b, 0x20, 0x9c, 0x4e, 0x23, 0xdc, 0x80, 0xa4, 0x3e, 0xbc,
    0xbc, 0x24, 0x00, 0x00,
];
