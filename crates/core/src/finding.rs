//! What was noticed and forgiven: a fixed table, so a hostile file cannot grow it.

/// Something about a file that an operator may want to know, though the picture was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The byte of the upload where it was first seen.
    pub offset: u64,
    /// How often it was seen.
    pub count: u64,
}

macro_rules! finding_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The kinds of finding, in alphabetical order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum FindingKind { $($(#[$doc])* $variant,)* }

        impl FindingKind {
            /// Every kind.
            pub const ALL: &'static [FindingKind] = &[$(FindingKind::$variant,)*];

            /// The snake-case name for logs, metrics and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(FindingKind::$variant => $name,)* }
            }
        }
    };
}

finding_kinds! {
    /// A wrong CRC in a chunk that makes no pixels (PNG).
    AncillaryCrc = "ancillary_crc",
    /// More frames than the one that is decoded.
    Animation = "animation",
    /// The declared content type is not what the bytes are.
    ContentTypeMismatch = "content_type_mismatch",
    /// A header field that contradicts another without any effect on the pixels.
    ContradictoryHeader = "contradictory_header",
    /// A second picture behind the first (MPF, gain map, thumbnail).
    EmbeddedPicture = "embedded_picture",
    /// EXIF that cannot be read; the picture is taken as upright.
    ExifIgnored = "exif_ignored",
    /// The declared file name extension is not what the bytes are.
    ExtensionMismatch = "extension_mismatch",
    /// An ICC profile that cannot be used: too large, broken or of the wrong colour space.
    IccIgnored = "icc_ignored",
    /// Bytes between markers or chunks that belong to nothing.
    JunkBetweenChunks = "junk_between_chunks",
    /// Metadata: text, EXIF, XMP, comments; never decoded, never copied to the output.
    Metadata = "metadata",
    /// No end marker, or fewer bytes than the container states; pixels need not be missing.
    MissingEnd = "missing_end",
    /// The bytes are also something else: script, archive, document, page.
    Polyglot = "polyglot",
    /// Padding, size or count fields that are off without any effect on the pixels.
    SloppyLength = "sloppy_length",
    /// Bytes after the end of the picture.
    TrailingBytes = "trailing_bytes",
    /// The picture is cut short; the missing rows are filled in.
    TruncatedPixels = "truncated_pixels",
    /// A chunk, segment or extension that the specification does not know.
    UnknownChunk = "unknown_chunk",
}

const KINDS: usize = FindingKind::ALL.len();

/// The findings about one file: for each kind the first place and the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    first: [u64; KINDS],
    count: [u64; KINDS],
}

impl Findings {
    /// No findings.
    pub const fn new() -> Findings {
        Findings { first: [0; KINDS], count: [0; KINDS] }
    }

    /// Notes `kind` at byte `offset`.
    pub fn note(&mut self, kind: FindingKind, offset: u64) {
        self.note_many(kind, offset, 1);
    }

    /// Notes `kind` `times` times, first at byte `offset`.
    pub fn note_many(&mut self, kind: FindingKind, offset: u64, times: u64) {
        let slot = kind as usize;
        if let (Some(first), Some(count)) = (self.first.get_mut(slot), self.count.get_mut(slot)) {
            if *count == 0 {
                *first = offset;
            }
            *count = count.saturating_add(times);
        }
    }

    /// Adds all of `other`'s.
    pub fn merge(&mut self, other: &Findings) {
        for finding in other.iter() {
            self.note_many(finding.kind, finding.offset, finding.count);
        }
    }

    /// Whether `kind` was seen.
    pub fn has(&self, kind: FindingKind) -> bool {
        self.count.get(kind as usize).is_some_and(|&count| count > 0)
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.count.iter().all(|&count| count == 0)
    }

    /// The findings, one for each kind that was seen.
    pub fn iter(&self) -> impl Iterator<Item = Finding> + '_ {
        FindingKind::ALL
            .iter()
            .zip(self.first.iter().zip(&self.count))
            .filter(|(_, (_, count))| **count > 0)
            .map(|(&kind, (&offset, &count))| Finding { kind, offset, count })
    }
}

impl Default for Findings {
    fn default() -> Findings {
        Findings::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_place_and_counts_the_rest() {
        let mut findings = Findings::new();
        findings.note(FindingKind::UnknownChunk, 40);
        findings.note(FindingKind::UnknownChunk, 90);
        let seen: Vec<_> = findings.iter().collect();
        assert_eq!(seen, [Finding { kind: FindingKind::UnknownChunk, offset: 40, count: 2 }]);
        assert!(!findings.has(FindingKind::Polyglot));
    }
}
