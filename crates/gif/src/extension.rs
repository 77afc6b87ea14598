//! Extensions (GIF89a sections 23 to 26): graphic control, comment, plain text, application.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Reader, Span};

use crate::sub_blocks::{self, Chain, SubBlocks};

/// What a graphic control says of the image behind it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Control {
    pub(crate) transparent: Option<u8>,
    pub(crate) disposal: Disposal,
}

/// What is done with a frame's place before the next frame comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Disposal {
    /// It becomes transparent, as in browsers; the background colour is used by nobody.
    Clear,
    #[default]
    Keep,
    /// It is as it was before the frame.
    Restore,
}

/// What an extension says, as far as anyone here wants to know.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// Graphic control of the next image. `sloppy` where it is longer than four bytes.
    Control { control: Control, sloppy: bool },
    /// A graphic control of fewer than four bytes: it says nothing.
    BrokenControl,
    /// How often an animation is shown; 0 for ever.
    Loop(u16),
    /// An ICC profile, in the sub-blocks of this span.
    Icc(Span),
    /// Text, XMP, other applications: metadata.
    Metadata,
    /// A label that the specification does not know.
    Unknown,
}

/// One extension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension {
    pub(crate) content: Content,
    /// Bytes in its sub-blocks.
    pub(crate) payload: u64,
    pub(crate) terminated: bool,
}

/// Reads from the label on; `None` where the file ends before it.
pub(crate) fn read(r: &mut Reader<'_>, input: &[u8]) -> Option<Extension> {
    let label = r.u8()?;
    let chain = sub_blocks::walk(r);
    let content = match label {
        0xf9 => control(SubBlocks::new(chain.span.of(input)).next()),
        0xff => application(input, chain),
        0x01 | 0xfe => Content::Metadata,
        _ => Content::Unknown,
    };
    Some(Extension { content, payload: chain.payload, terminated: chain.terminated })
}

/// Section 23: flags, delay, transparent index. A disposal of 4 is an old misreading of 3, which browsers know too.
fn control(block: Option<&[u8]>) -> Content {
    match block {
        Some([flags, _, _, index, rest @ ..]) => {
            let disposal = match (flags >> 2) & 7 {
                2 => Disposal::Clear,
                3 | 4 => Disposal::Restore,
                _ => Disposal::Keep,
            };
            let control = Control { transparent: (flags & 1 != 0).then_some(*index), disposal };
            Content::Control { control, sloppy: !rest.is_empty() }
        }
        _ => Content::BrokenControl,
    }
}

/// Section 26: eleven bytes of identifier and authentication code, then whatever the application likes.
fn application(input: &[u8], chain: Chain) -> Content {
    let mut blocks = SubBlocks::new(chain.span.of(input));
    match blocks.next() {
        Some(b"NETSCAPE2.0" | b"ANIMEXTS1.0") => match blocks.next() {
            // A loop extension has one block; more than that is a carrier of something else.
            Some([1, low, high]) if chain.payload <= 32 => Content::Loop(u16::from_le_bytes([*low, *high])),
            _ => Content::Metadata,
        },
        Some(b"ICCRGBG1012") if chain.terminated => {
            // Behind the length byte and the eleven bytes of the identifier.
            let start = chain.span.start.saturating_add(12);
            Content::Icc(Span { start, end: chain.span.end })
        }
        _ => Content::Metadata,
    }
}
