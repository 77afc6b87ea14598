//! Marker codes (ITU-T T.81, table B.1): the byte after 0xFF.

/// Start of image.
pub const SOI: u8 = 0xD8;
/// End of image.
pub const EOI: u8 = 0xD9;
/// Start of scan.
pub const SOS: u8 = 0xDA;
/// Quantisation tables.
pub const DQT: u8 = 0xDB;
/// Number of lines.
pub const DNL: u8 = 0xDC;
/// Restart interval.
pub const DRI: u8 = 0xDD;
/// Hierarchical progression.
pub const DHP: u8 = 0xDE;
/// Huffman tables.
pub const DHT: u8 = 0xC4;
/// Reserved for JPEG extensions; it looks like a frame header and is none.
pub const JPG: u8 = 0xC8;
/// Arithmetic coding conditioning.
pub const DAC: u8 = 0xCC;
/// The first of sixteen application segments.
pub const APP0: u8 = 0xE0;
/// EXIF and XMP.
pub const APP1: u8 = 0xE1;
/// ICC profiles, MPF, gain maps.
pub const APP2: u8 = 0xE2;
/// Adobe's colour transform.
pub const APP14: u8 = 0xEE;
/// The last application segment.
pub const APP15: u8 = 0xEF;
/// Comment.
pub const COM: u8 = 0xFE;
/// Temporary use in arithmetic coding: a marker without a segment.
pub const TEM: u8 = 0x01;

/// Whether `marker` starts a frame: SOF0 to SOF15 without DHT, JPG and DAC.
pub const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, DHT | JPG | DAC)
}

/// Whether `marker` is one of RST0 to RST7.
pub const fn is_restart(marker: u8) -> bool {
    matches!(marker, 0xD0..=0xD7)
}

/// Whether `marker` stands alone, without a length and a payload.
pub const fn stands_alone(marker: u8) -> bool {
    matches!(marker, SOI | EOI | TEM) || is_restart(marker)
}
