//! What admission predicts, and the constants it predicts with.

/// The predicted cost of decoding one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Work units: about a nanosecond each on the reference machine, the same on every machine.
    pub work: u64,
    /// The most heap bytes held at once: never less than what is measured.
    pub peak_heap: u64,
}

/// Work units per thing done: one table, so that calibration touches one place.
///
/// A unit is about one nanosecond of one core of a 2020s x86-64 server that has other work too, or three
/// instructions. The numbers were found by timing the decoders behind the adapters on the valid corpus and on
/// 2 to 24 megapixel photographs (`benches/record/`), then rounding up.
///
/// A test of the testkit holds the sum against instructions counted: every file of the corpus, and larger
/// pictures beside, is within four times of the median of units to instructions. After a change to a decoder
/// or to a number here `benches/calibrate` counts anew.
pub mod units {
    /// Fixed start of any picture, charged by the decoder, the encoder and the flow between them: tables,
    /// buffers, headers. A picture of one pixel takes 70,000 instructions as PNG, 500,000 as JPEG.
    pub const PICTURE: u64 = 30_000;
    /// One JPEG scan that is read: its tables made ready.
    pub const JPEG_SCAN: u64 = 10_000;
    /// One 8x8 block of a JPEG scan, beside its bytes.
    pub const JPEG_BLOCK_SCAN: u64 = 60;
    /// One byte of a JPEG scan: entropy decoding.
    pub const JPEG_DATA_BYTE: u64 = 20;
    /// One output sample of a JPEG: inverse DCT, upsampling, colour.
    pub const JPEG_SAMPLE: u64 = 2;
    /// One byte inflated from a PNG, filter included.
    pub const PNG_BYTE: u64 = 4;
    /// One compressed byte of IDAT: bounds streams that inflate to nothing.
    pub const PNG_IDAT_BYTE: u64 = 10;
    /// One IDAT chunk: bounds files that cut their image data into chunks of a byte or none.
    pub const PNG_IDAT_CHUNK: u64 = 100;
    /// One output sample of a PNG that is unpacked, looked up in a palette or put in its place from a pass.
    pub const PNG_SAMPLE: u64 = 2;
    /// One compressed byte of a lossy WebP: its coefficients.
    pub const VP8_BYTE: u64 = 50;
    /// One pixel of a lossy WebP, coefficients apart: prediction, loop filter, colour.
    pub const VP8_PIXEL: u64 = 14;
    /// One pixel of a lossless WebP.
    pub const VP8L_PIXEL: u64 = 22;
    /// One byte of a VP8L Huffman table, or one symbol whose code length is read for it.
    pub const VP8L_TABLE_BYTE: u64 = 2;
    /// One byte of GIF LZW data.
    pub const GIF_LZW_BYTE: u64 = 6;
    /// One GIF frame behind the first: its table of codes made ready.
    pub const GIF_FRAME: u64 = 10_000;
    /// One GIF image that a frame behind the first comes after: found, thrice, whether it is drawn or not.
    pub const GIF_IMAGE: u64 = 200;
    /// One row of a GIF image that is laid on a canvas or cleared away from it.
    pub const GIF_ROW: u64 = 10;
    /// One pixel of a GIF frame or canvas.
    pub const GIF_PIXEL: u64 = 1;
    /// One source sample through the box shrink: 0.05 to 0.6 measured.
    pub const SHRINK_SAMPLE: u64 = 1;
    /// One sample of the resampler's input, output or the picture between its two passes: 0.1 to 1.9
    /// measured.
    pub const RESAMPLE_SAMPLE: u64 = 2;
    /// One weight of the resampler, of which each output row and column has a few: a Lanczos weight takes
    /// two sines, 20 measured.
    pub const RESAMPLE_WEIGHT: u64 = 25;
    /// One pixel of a JPEG or WebP output, one sample of a PNG output: 7 measured for photographs, 38 for
    /// the worst content of each.
    pub const ENCODE_PIXEL: u64 = 40;
    /// One pixel through an ICC profile: 9 measured for three primaries, 60 to 90 for tables.
    pub const COLOUR_PIXEL: u64 = 100;
}

impl Cost {
    /// This work followed by `next`, the first one's memory given back before `next` starts.
    #[must_use]
    pub fn then(self, next: Cost) -> Cost {
        Cost { work: self.work.saturating_add(next.work), peak_heap: self.peak_heap.max(next.peak_heap) }
    }

    /// This work while `other` is held too.
    #[must_use]
    pub fn with(self, other: Cost) -> Cost {
        Cost {
            work: self.work.saturating_add(other.work),
            peak_heap: self.peak_heap.saturating_add(other.peak_heap),
        }
    }
}
