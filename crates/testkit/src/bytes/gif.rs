//! Builds GIF files byte by byte.
//!
//! ```
//! use fic_testkit::bytes::gif::{GifBytes, Image};
//!
//! let red = GifBytes::new(1, 1)
//!     .global_table(&[[255, 0, 0], [0, 0, 0]])
//!     .image(Image::new(1, 1).pixels(&[0]))
//!     .trailer()
//!     .finish();
//! assert!(red.starts_with(b"GIF89a\x01\0\x01\0") && red.ends_with(b"\0;"));
//! ```

use std::collections::HashMap;

/// A file under construction: each call appends a block.
#[derive(Clone, Debug)]
pub struct GifBytes(Vec<u8>);

/// An image block under construction.
#[derive(Clone, Debug)]
pub struct Image {
    left: u16,
    top: u16,
    width: u16,
    height: u16,
    interlaced: bool,
    table: Option<Vec<[u8; 3]>>,
    min_code_size: u8,
    lzw: Vec<u8>,
    block_len: u8,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Terminator,
    Nothing,
}

impl GifBytes {
    /// Signature `GIF89a` and a logical screen without a global colour table.
    pub fn new(width: u16, height: u16) -> GifBytes {
        let mut out = b"GIF89a".to_vec();
        out.extend(width.to_le_bytes());
        out.extend(height.to_le_bytes());
        out.extend([0, 0, 0]);
        GifBytes(out)
    }

    /// A one-pixel picture of one colour, whole: a carrier for other things.
    pub fn one_pixel() -> GifBytes {
        GifBytes::new(1, 1).global_table(&[[200, 100, 50], [0; 3]]).image(Image::new(1, 1).pixels(&[0]))
    }

    /// Says `GIF87a`.
    #[must_use]
    pub fn version_87a(mut self) -> GifBytes {
        self.0[4] = b'7';
        self
    }

    /// The global colour table, filled up with black to a power of two. Only right behind `new`.
    #[must_use]
    pub fn global_table(mut self, colours: &[[u8; 3]]) -> GifBytes {
        self.0[10] |= 0x80 | table_flag(colours);
        self.raw(&table(colours))
    }

    /// Says that there is a global colour table of 2 to 256 colours (0 to 7) without writing one.
    #[must_use]
    pub fn global_table_flag(mut self, flag: u8) -> GifBytes {
        self.0[10] |= 0x80 | flag;
        self
    }

    /// A graphic control extension.
    #[must_use]
    pub fn graphic_control(self, disposal: u8, transparent: Option<u8>) -> GifBytes {
        let flags = disposal << 2 | u8::from(transparent.is_some());
        self.extension(0xf9, &[&[flags, 10, 0, transparent.unwrap_or(0)]])
    }

    /// An extension of that label and those sub-blocks (255 bytes each at most).
    #[must_use]
    pub fn extension(self, label: u8, sub_blocks: &[&[u8]]) -> GifBytes {
        self.open_extension(label, sub_blocks).raw(&[0])
    }

    /// The same without the terminator.
    #[must_use]
    pub fn open_extension(mut self, label: u8, sub_blocks: &[&[u8]]) -> GifBytes {
        self.0.extend([b'!', label]);
        for block in sub_blocks {
            self.0.push(u8::try_from(block.len()).expect("a sub-block of at most 255 bytes"));
            self.0.extend(*block);
        }
        self
    }

    /// A comment, in as many sub-blocks as it takes.
    #[must_use]
    pub fn comment(self, text: &[u8]) -> GifBytes {
        let blocks: Vec<&[u8]> = text.chunks(255).collect();
        self.extension(0xfe, &blocks)
    }

    /// An application extension: eleven bytes of name, then `data` in as many sub-blocks as it takes.
    #[must_use]
    pub fn application(self, name: &[u8; 11], data: &[u8]) -> GifBytes {
        let blocks: Vec<&[u8]> = std::iter::once(&name[..]).chain(data.chunks(255)).collect();
        self.extension(0xff, &blocks)
    }

    /// The NETSCAPE2.0 loop extension.
    #[must_use]
    pub fn loops(self, times: u16) -> GifBytes {
        let [low, high] = times.to_le_bytes();
        self.application(b"NETSCAPE2.0", &[1, low, high])
    }

    /// An image block.
    #[must_use]
    pub fn image(self, image: Image) -> GifBytes {
        self.raw(&image.finish())
    }

    /// `count` times the same image block.
    #[must_use]
    pub fn images(self, image: Image, count: usize) -> GifBytes {
        self.raw(&image.finish().repeat(count))
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> GifBytes {
        self.0.extend(bytes);
        self
    }

    /// The trailer.
    #[must_use]
    pub fn trailer(self) -> GifBytes {
        self.raw(b";")
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

impl Image {
    /// An image at 0,0 without local table, LZW minimum code size 2, no data yet.
    pub fn new(width: u16, height: u16) -> Image {
        Image {
            left: 0,
            top: 0,
            width,
            height,
            interlaced: false,
            table: None,
            min_code_size: 2,
            lzw: Vec::new(),
            block_len: 255,
            ending: Ending::Terminator,
        }
    }

    /// The place of the frame on the screen.
    #[must_use]
    pub fn at(mut self, left: u16, top: u16) -> Image {
        (self.left, self.top) = (left, top);
        self
    }

    /// Sets the interlace flag; `pixels` are then given in the order of the passes.
    #[must_use]
    pub fn interlaced(mut self) -> Image {
        self.interlaced = true;
        self
    }

    /// A local colour table, filled up with black to a power of two.
    #[must_use]
    pub fn local_table(mut self, colours: &[[u8; 3]]) -> Image {
        self.table = Some(colours.to_vec());
        self
    }

    /// The LZW minimum code size that is written, whatever the data was made with.
    #[must_use]
    pub fn min_code_size(mut self, bits: u8) -> Image {
        self.min_code_size = bits;
        self
    }

    /// LZW data of these indices for the minimum code size that is set.
    #[must_use]
    pub fn pixels(mut self, indices: &[u8]) -> Image {
        self.lzw = lzw(self.min_code_size, indices);
        self
    }

    /// These bytes as LZW data.
    #[must_use]
    pub fn lzw(mut self, bytes: &[u8]) -> Image {
        self.lzw = bytes.to_vec();
        self
    }

    /// Bytes a sub-block, 1 to 255.
    #[must_use]
    pub fn block_len(mut self, len: u8) -> Image {
        self.block_len = len;
        self
    }

    /// Leaves out the terminator of the sub-blocks.
    #[must_use]
    pub fn unterminated(mut self) -> Image {
        self.ending = Ending::Nothing;
        self
    }

    fn finish(self) -> Vec<u8> {
        let mut out = vec![b','];
        for field in [self.left, self.top, self.width, self.height] {
            out.extend(field.to_le_bytes());
        }
        let table_flags = self.table.as_deref().map_or(0, |colours| 0x80 | table_flag(colours));
        out.push(table_flags | u8::from(self.interlaced) << 6);
        out.extend(self.table.as_deref().map(table).unwrap_or_default());
        out.push(self.min_code_size);
        for block in self.lzw.chunks(usize::from(self.block_len)) {
            out.push(u8::try_from(block.len()).expect("at most 255"));
            out.extend(block);
        }
        if self.ending == Ending::Terminator {
            out.push(0);
        }
        out
    }
}

/// Codes of LZW data, one after the other, least significant bit first.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    out: Vec<u8>,
    bits: u32,
    count: u32,
}

impl Codes {
    /// No codes yet.
    pub fn new() -> Codes {
        Codes::default()
    }

    /// Appends `code` in `width` bits (at most 16).
    #[must_use]
    pub fn code(mut self, code: u16, width: u32) -> Codes {
        self.push(code, width);
        self
    }

    fn push(&mut self, code: u16, width: u32) {
        self.bits |= u32::from(code) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.out.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    /// The bytes, the last one filled up with zero bits.
    pub fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.out.push(self.bits as u8);
        }
        self.out
    }
}

/// LZW data (GIF89a appendix F): a clear code, the codes with a clear code whenever the table is full, the
/// end code.
pub fn lzw(min_code_size: u8, indices: &[u8]) -> Vec<u8> {
    let clear = 1u16 << min_code_size;
    let first_width = u32::from(min_code_size) + 1;
    let mut table: HashMap<(u16, u8), u16> = HashMap::new();
    let (mut next, mut width) = (clear + 2, first_width);
    let mut codes = Codes::new();
    codes.push(clear, width);
    let mut indices = indices.iter().copied();
    let mut prefix = indices.next().map(u16::from);
    for index in indices {
        let Some(code) = prefix else { break };
        if let Some(&longer) = table.get(&(code, index)) {
            prefix = Some(longer);
            continue;
        }
        codes.push(code, width);
        prefix = Some(index.into());
        table.insert((code, index), next);
        // The decoder is one entry behind: it widens when this entry comes to it.
        width += u32::from(u32::from(next) == 1 << width);
        next += 1;
        if next == 4096 {
            codes.push(clear, width);
            table.clear();
            (next, width) = (clear + 2, first_width);
        }
    }
    if let Some(code) = prefix {
        codes.push(code, width);
        width += u32::from(u32::from(next) == 1 << width);
    }
    codes.push(clear + 1, width.min(12));
    codes.finish()
}

fn table_flag(colours: &[[u8; 3]]) -> u8 {
    let wanted = colours.len().clamp(2, 256).next_power_of_two();
    u8::try_from(wanted.ilog2() - 1).expect("0 to 7")
}

fn table(colours: &[[u8; 3]]) -> Vec<u8> {
    let mut out = colours.concat();
    out.resize(3 * (2 << table_flag(colours)), 0);
    out
}
