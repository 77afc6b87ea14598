//! Why a file on disk is not used as the entry that its name says.

use std::fmt;

/// What is wrong with an entry's file. Each kind has its own counter; all of them are a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Damage {
    /// The numbers of the header do not belong together.
    Geometry,
    /// The header's checksum is wrong.
    HeaderChecksum,
    /// The header holds another key than the file's name says.
    KeyMismatch,
    /// The file's length is not what its header says.
    LengthMismatch,
    /// The first bytes are not those of an entry.
    Magic,
    /// The file has another name beside this one.
    MoreLinks,
    /// It is a directory, a FIFO, a device or a socket.
    NotRegular,
    /// It is larger than any entry may be.
    Oversized,
    /// The payload's checksum is wrong.
    PayloadChecksum,
    /// Reading it failed.
    ReadFailed,
    /// It is a symbolic link.
    SymbolicLink,
    /// The file is shorter than a header.
    TooShort,
    /// Another user owns it.
    WrongOwner,
    /// A later or an earlier format, or the other byte order.
    WrongVersion,
    /// Somebody may write to it.
    Writable,
}

impl Damage {
    /// Every kind, in the order of their names.
    pub const ALL: [Damage; 15] = [
        Damage::Geometry,
        Damage::HeaderChecksum,
        Damage::KeyMismatch,
        Damage::LengthMismatch,
        Damage::Magic,
        Damage::MoreLinks,
        Damage::NotRegular,
        Damage::Oversized,
        Damage::PayloadChecksum,
        Damage::ReadFailed,
        Damage::SymbolicLink,
        Damage::TooShort,
        Damage::WrongOwner,
        Damage::WrongVersion,
        Damage::Writable,
    ];

    /// The lower-case name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Damage::Geometry => "geometry",
            Damage::HeaderChecksum => "header_checksum",
            Damage::KeyMismatch => "key_mismatch",
            Damage::LengthMismatch => "length_mismatch",
            Damage::Magic => "magic",
            Damage::MoreLinks => "more_links",
            Damage::NotRegular => "not_regular",
            Damage::Oversized => "oversized",
            Damage::PayloadChecksum => "payload_checksum",
            Damage::ReadFailed => "read_failed",
            Damage::SymbolicLink => "symbolic_link",
            Damage::TooShort => "too_short",
            Damage::WrongOwner => "wrong_owner",
            Damage::WrongVersion => "wrong_version",
            Damage::Writable => "writable",
        }
    }

    /// Its place among the counters.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
