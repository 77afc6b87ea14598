//! From unfiltered bytes to packed 8-bit samples (PNG 13.12).
//!
//! Samples of 16 bits keep their high byte. Grey of less than 8 bits, and a palette, are looked up in a table;
//! an index without an entry is opaque black. A colour that tRNS names becomes transparent where all bits of
//! its samples agree.

use fic_core::PixelLayout;

use crate::admit::Admitted;
use crate::outline::{ColourType, Ihdr};

/// What has to be done to the bytes of a row.
pub(super) enum Samples {
    /// Nothing.
    AsStored,
    /// Every second byte is dropped. Filters work byte by byte on equal bytes of neighbouring pixels, so that
    /// this may be done first, and the low bytes are never unfiltered.
    HighBytes,
    /// Each stored sample is a number of an entry.
    LookedUp { depth: u8, table: Box<Table>, channels: usize },
    /// Alpha is added: zero where the pixel is the one of tRNS.
    Keyed { key: [u8; 6], is_wide: bool, is_grey: bool },
}

type Table = [[u8; 4]; 256];

impl Samples {
    pub(super) fn of(admitted: &Admitted<'_>) -> Samples {
        let outline = &admitted.outline;
        let ihdr = &outline.ihdr;
        let transparency = outline.palette.transparency.map(|span| span.of(admitted.input));
        let is_wide = ihdr.depth == 16;
        match (ihdr.colour, transparency) {
            (ColourType::Palette, alphas) => {
                let entries = outline.palette.entries.map_or(&[][..], |span| span.of(admitted.input));
                let table = Box::new(palette(entries, alphas.unwrap_or_default()));
                Samples::LookedUp { depth: ihdr.depth, table, channels: admitted.layout().channels() }
            }
            (ColourType::Greyscale, key) if ihdr.depth < 8 || (!is_wide && key.is_some()) => {
                let table = Box::new(levels(ihdr, key));
                Samples::LookedUp { depth: ihdr.depth, table, channels: admitted.layout().channels() }
            }
            (_, Some(key)) => {
                let is_grey = admitted.layout() == PixelLayout::GrayAlpha;
                Samples::Keyed { key: packed_key(key, is_wide), is_wide, is_grey }
            }
            (_, None) if is_wide => Samples::HighBytes,
            (_, None) => Samples::AsStored,
        }
    }

    /// Whether rows go through memory of their own on the way to their pixels.
    pub(super) fn needs_scratch(&self) -> bool {
        !matches!(self, Samples::AsStored)
    }

    /// Bytes of a row on which the filters work, of `stored` ones.
    pub(super) fn filtered_bytes(&self, stored: usize) -> usize {
        if matches!(self, Samples::HighBytes) { stored / 2 } else { stored }
    }

    /// One unfiltered row into its pixels.
    pub(super) fn put(&self, row: &[u8], pixels: &mut [u8]) {
        match self {
            Samples::AsStored | Samples::HighBytes => pixels.copy_from_slice(row),
            Samples::LookedUp { depth, table, channels: 1 } => look_up::<1>(row, *depth, table, pixels),
            Samples::LookedUp { depth, table, channels: 2 } => look_up::<2>(row, *depth, table, pixels),
            Samples::LookedUp { depth, table, channels: 3 } => look_up::<3>(row, *depth, table, pixels),
            Samples::LookedUp { depth, table, .. } => look_up::<4>(row, *depth, table, pixels),
            Samples::Keyed { key, is_wide: true, is_grey: true } => keyed::<2, 2>(row, key, pixels),
            Samples::Keyed { key, is_wide: true, is_grey: false } => keyed::<6, 4>(row, key, pixels),
            // Eight-bit grey is looked up.
            Samples::Keyed { key, .. } => keyed::<3, 4>(row, key, pixels),
        }
    }
}

/// The high bytes of 16-bit rows, each row behind its filter type byte.
pub(super) fn high_bytes(stored: &[u8], stride: usize, out: &mut [u8]) {
    let rows = stored.chunks_exact(stride).zip(out.chunks_exact_mut(stride / 2 + 1));
    for (stored, out) in rows {
        out[0] = stored[0];
        for (out, sample) in out[1..].iter_mut().zip(stored[1..].as_chunks::<2>().0) {
            // The first byte in memory. Said as a number, so that it becomes one packing instruction for many.
            *out = (u16::from_le_bytes(*sample) & 0xff) as u8;
        }
    }
}

fn palette(entries: &[u8], alphas: &[u8]) -> Table {
    let mut table = [[0, 0, 0, u8::MAX]; 256];
    for (to, [red, green, blue]) in table.iter_mut().zip(entries.as_chunks::<3>().0) {
        *to = [*red, *green, *blue, u8::MAX];
    }
    let entries = entries.len() / 3;
    for (to, alpha) in table.iter_mut().zip(alphas).take(entries) {
        to[3] = *alpha;
    }
    table
}

/// Grey and alpha for each level; `key` is the level that is transparent.
fn levels(ihdr: &Ihdr, key: Option<&[u8]>) -> Table {
    let most = u8::MAX >> (8 - ihdr.depth.min(8));
    // Only the bits that the depth has.
    let key = key.and_then(|key| key.last()).map(|key| key & most);
    let mut table = [[0; 4]; 256];
    for (level, to) in (0..=most).zip(&mut table) {
        let alpha = if key == Some(level) { 0 } else { u8::MAX };
        // `most` is 1, 3, 15 or 255, each of which divides 255.
        *to = [level * (u8::MAX / most), alpha, 0, 0];
    }
    table
}

/// The samples of tRNS as a pixel has them.
fn packed_key(key: &[u8], is_wide: bool) -> [u8; 6] {
    let mut packed = [0; 6];
    if is_wide {
        packed.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    } else {
        packed.iter_mut().zip(key.as_chunks::<2>().0).for_each(|(to, sample)| *to = sample[1]);
    }
    packed
}

fn look_up<const TO: usize>(row: &[u8], depth: u8, table: &Table, pixels: &mut [u8]) {
    match depth {
        1 => unpack::<TO, 1>(row, table, pixels),
        2 => unpack::<TO, 2>(row, table, pixels),
        4 => unpack::<TO, 4>(row, table, pixels),
        _ => unpack::<TO, 8>(row, table, pixels),
    }
}

/// The leftmost sample is in the high bits (PNG 7.2).
fn unpack<const TO: usize, const DEPTH: usize>(row: &[u8], table: &Table, pixels: &mut [u8]) {
    let pixels = pixels.as_chunks_mut::<TO>().0;
    for (pixels, byte) in pixels.chunks_mut(8 / DEPTH).zip(row) {
        let mut rest = u32::from(*byte);
        for to in pixels {
            rest <<= DEPTH;
            let [entry, ..] = table[(rest >> 8) as usize & 0xff].as_chunks::<TO>().0 else { return };
            *to = *entry;
            rest &= 0xff;
        }
    }
}

/// Pixels of `FROM` bytes get alpha. Samples of two bytes keep the first.
fn keyed<const FROM: usize, const TO: usize>(row: &[u8], key: &[u8; 6], pixels: &mut [u8]) {
    let bytes_a_sample = FROM / (TO - 1);
    for (to, from) in pixels.as_chunks_mut::<TO>().0.iter_mut().zip(row.as_chunks::<FROM>().0) {
        for channel in 0..TO - 1 {
            to[channel] = from[channel * bytes_a_sample];
        }
        to[TO - 1] = if from[..] == key[..FROM] { 0 } else { u8::MAX };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leftmost_pixel_is_in_the_high_bits_and_spare_bits_are_passed_over() {
        let mut table = [[0; 4]; 256];
        for (level, to) in (0..=255).zip(&mut table) {
            *to = [level, level ^ 0xff, 0, 0];
        }
        let mut pixels = [0; 11];
        look_up::<1>(&[0b1010_0001, 0b1101_1111], 1, &table, &mut pixels);
        assert_eq!(pixels, [1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0]);
        let mut pixels = [0; 5];
        look_up::<1>(&[0b11_10_01_00, 0b10_11_11_11], 2, &table, &mut pixels);
        assert_eq!(pixels, [3, 2, 1, 0, 2]);
        let mut pixels = [0; 6];
        look_up::<2>(&[0x5a, 0xc0], 4, &table, &mut pixels);
        assert_eq!(pixels, [5, 0xfa, 0xa, 0xf5, 0xc, 0xf3]);
    }

    #[test]
    fn a_key_of_sixteen_bits_wants_all_of_them() {
        let mut pixels = [0; 8];
        let key = [1, 2, 3, 4, 5, 6];
        keyed::<6, 4>(&[1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7], &key, &mut pixels);
        assert_eq!(pixels, [1, 3, 5, 0, 1, 3, 5, 255]);
    }
}
