//! The loop filter's levels of the segments of a VP8 frame (RFC 6386, section 9.3), read apart from any decoder.
//!
//! A segment's level may be below 0 or above 63 before the adjustments of section 9.6 are added. The reference adds first
//! and keeps the sum within its range, and so do we; image-webp keeps the segment's level within it first. No encoder writes
//! such a level.

/// Whether a segment's level is outside of its range, in the first frame in `file`; `false` where there is no frame.
pub(super) fn is_beyond(file: &[u8]) -> bool {
    let start = file.windows(4).position(|fourcc| fourcc == b"VP8 ");
    let partition = start.and_then(|start| file.get(start + 8 + 10..)).unwrap_or_default();
    let mut flags = Flags::new(partition);
    // Colour space, clamping.
    flags.literal(2);
    if flags.literal(1) == 0 {
        return false;
    }
    let (has_map, has_data) = (flags.literal(1) == 1, flags.literal(1) == 1);
    let mut levels = [0; 4];
    let mut is_absolute = false;
    if has_data {
        is_absolute = flags.literal(1) == 1;
        for _ in 0..4 {
            flags.optional(7);
        }
        levels = levels.map(|_| flags.optional(6));
    }
    for _ in 0..if has_map { 3 } else { 0 } {
        if flags.literal(1) == 1 {
            flags.literal(8);
        }
    }
    // Simple or normal.
    flags.literal(1);
    let base = if is_absolute { 0 } else { flags.literal(6) };
    levels.iter().any(|level| !(0..=63).contains(&(base + level)))
}

/// The boolean decoder of section 7.3, at even odds; zeros follow the last byte.
struct Flags<'a> {
    rest: std::slice::Iter<'a, u8>,
    value: u32,
    range: u32,
    shifted: u32,
}

impl<'a> Flags<'a> {
    fn new(bytes: &'a [u8]) -> Flags<'a> {
        let mut flags = Flags { rest: bytes.iter(), value: 0, range: 255, shifted: 0 };
        flags.value = flags.next() << 8 | flags.next();
        flags
    }

    fn next(&mut self) -> u32 {
        self.rest.next().copied().unwrap_or(0).into()
    }

    fn flag(&mut self) -> i32 {
        let split = 1 + (((self.range - 1) * 128) >> 8);
        let is_set = self.value >= split << 8;
        if is_set {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.value <<= 1;
            self.range <<= 1;
            self.shifted += 1;
            if self.shifted == 8 {
                self.shifted = 0;
                self.value |= self.next();
            }
        }
        is_set.into()
    }

    fn literal(&mut self, bits: u32) -> i32 {
        (0..bits).fold(0, |value, _| value << 1 | self.flag())
    }

    /// A flag, and where it is set a number and its sign.
    fn optional(&mut self, bits: u32) -> i32 {
        match self.flag() {
            0 => 0,
            _ => {
                let value = self.literal(bits);
                if self.flag() == 1 { -value } else { value }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_beyond;
    use crate::bytes::webp::{BoolBytes, Vp8Header, WebpBytes};

    /// A frame whose second segment has that level, absolute or beside a level of 60 of the frame.
    fn file(is_absolute: bool, level: u32, is_negative: bool) -> Vec<u8> {
        let bits = BoolBytes::new().put(0, 2).put(1, 1).put(0, 1).put(1, 1).put(is_absolute.into(), 1);
        let bits = bits.put(0, 4).put(0, 1).put(1, 1).put(level, 6).put(is_negative.into(), 1).put(0, 2);
        let partition = bits.put(0, 1).put(60, 6).put(0, 3).finish();
        let length = u32::try_from(partition.len()).unwrap();
        let frame = Vp8Header::new(16, 16, length).followed_by(&partition);
        WebpBytes::new().chunk(b"VP8 ", &frame).finish()
    }

    #[test]
    fn a_level_counts_with_that_of_the_frame_unless_it_is_absolute() {
        assert!(!is_beyond(&file(true, 63, false)));
        assert!(is_beyond(&file(true, 1, true)));
        assert!(!is_beyond(&file(false, 3, false)));
        assert!(is_beyond(&file(false, 4, false)));
        assert!(!is_beyond(&file(false, 60, true)));
        assert!(is_beyond(&file(false, 61, true)));
        assert!(!is_beyond(b"RIFF"));
    }
}
