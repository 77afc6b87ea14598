//! The eight ways a camera may have been held.

/// EXIF tag 0x0112: what has to be done to the stored rows and columns to see the picture upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: as stored.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    MirrorHorizontal,
    /// 3: turned by 180 degrees.
    Rotate180,
    /// 4: mirrored top to bottom.
    MirrorVertical,
    /// 5: mirrored along the main diagonal (rows become columns).
    Transpose,
    /// 6: to be turned by 90 degrees clockwise.
    Rotate90,
    /// 7: mirrored along the other diagonal.
    Transverse,
    /// 8: to be turned by 270 degrees clockwise.
    Rotate270,
}

impl Orientation {
    /// From the EXIF value; `None` outside 1 to 8.
    pub const fn from_exif(value: u16) -> Option<Orientation> {
        Some(match value {
            1 => Orientation::Upright,
            2 => Orientation::MirrorHorizontal,
            3 => Orientation::Rotate180,
            4 => Orientation::MirrorVertical,
            5 => Orientation::Transpose,
            6 => Orientation::Rotate90,
            7 => Orientation::Transverse,
            8 => Orientation::Rotate270,
            _ => return None,
        })
    }

    /// The EXIF value, 1 to 8.
    pub const fn exif(self) -> u16 {
        match self {
            Orientation::Upright => 1,
            Orientation::MirrorHorizontal => 2,
            Orientation::Rotate180 => 3,
            Orientation::MirrorVertical => 4,
            Orientation::Transpose => 5,
            Orientation::Rotate90 => 6,
            Orientation::Transverse => 7,
            Orientation::Rotate270 => 8,
        }
    }

    /// Whether width and height change places.
    pub const fn swaps_sides(self) -> bool {
        self.exif() >= 5
    }

    /// The size of the upright picture, from the stored one.
    pub const fn upright_size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_values_go_there_and_back_and_no_other_value_does() {
        for value in 0..=u16::MAX {
            let back = Orientation::from_exif(value).map(Orientation::exif);
            assert_eq!(back, (1..=8).contains(&value).then_some(value));
        }
    }
}
