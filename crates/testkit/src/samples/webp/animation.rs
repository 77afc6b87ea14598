//! Animations: many frames, frames off the canvas (row W13).

use fic_core::FindingKind;

use super::{CONTRADICTORY, sample};
use crate::bytes::webp::{VP8_16X16, WebpBytes, flags};
use crate::samples::{Expect, Sample};

const ANIMATION: Expect = Expect::Accept(&[FindingKind::Animation]);

fn canvas() -> WebpBytes {
    WebpBytes::new().vp8x(flags::ANIMATION, 64, 64).anim()
}

fn picture() -> WebpBytes {
    WebpBytes::new().chunk(b"VP8 ", VP8_16X16)
}

/// W13.
pub(super) fn all() -> Vec<Sample> {
    let mut all = vec![
        sample(
            "W13",
            "100k_frames",
            "A good frame, then 100,000 frames without a picture.",
            ANIMATION,
            || {
                let empty = WebpBytes::new().frame(0, 0, 16, 16, WebpBytes::new()).finish()[12..].to_vec();
                canvas().frame(0, 0, 16, 16, picture()).raw(&empty.repeat(100_000)).finish()
            },
        ),
        sample(
            "W13",
            "second_frame_off_the_canvas",
            "Only the first frame is decoded; the second lies outside the canvas.",
            ANIMATION,
            || {
                let file = canvas().frame(0, 0, 16, 16, picture());
                file.frame(1 << 24, 1 << 24, 1 << 24, 1 << 24, picture()).finish()
            },
        ),
        sample("W13", "frame_cut", "The first frame ends in its picture.", Expect::Malformed, || {
            let mut file = canvas().frame(0, 0, 16, 16, picture()).finish();
            file.truncate(file.len() - 4);
            file
        }),
        sample(
            "W13",
            "second_frame_cut",
            "The file ends in its second frame.",
            Expect::Accept(&[FindingKind::Animation, FindingKind::MissingEnd]),
            || {
                let file = canvas().frame(0, 0, 16, 16, picture()).frame(0, 0, 16, 16, picture());
                let mut file = file.finish();
                file.truncate(file.len() - 4);
                file
            },
        ),
        sample("W13", "frame_header_cut", "A frame of 15 bytes.", Expect::Malformed, || {
            canvas().chunk(b"ANMF", &[0; 15]).finish()
        }),
        sample("W13", "frame_without_picture", "A first frame without a picture.", Expect::Malformed, || {
            canvas().frame(0, 0, 16, 16, WebpBytes::new()).frame(0, 0, 16, 16, picture()).finish()
        }),
        sample(
            "W13",
            "no_frame",
            "An animation without a frame, and a still picture.",
            Expect::Malformed,
            || canvas().chunk(b"VP8 ", VP8_16X16).finish(),
        ),
        sample("W13", "no_anim_chunk", "An animation without its global parameters.", CONTRADICTORY, || {
            let file = WebpBytes::new().vp8x(flags::ANIMATION, 16, 16);
            file.frame(0, 0, 16, 16, picture()).finish()
        }),
        sample(
            "W13",
            "frames_in_a_still",
            "Frames in a file that is no animation, beside its picture.",
            CONTRADICTORY,
            || {
                let file = WebpBytes::new().vp8x(0, 16, 16).anim().frame(0, 0, 16, 16, picture());
                file.chunk(b"VP8 ", VP8_16X16).finish()
            },
        ),
    ];
    let off_canvas = [
        ("first_frame_one_column_off", 50, 0),
        ("first_frame_one_row_off", 0, 50),
        ("first_frame_off_the_canvas", 64, 64),
        ("first_frame_at_the_largest_offset", (1 << 25) - 2, (1 << 25) - 2),
    ];
    all.extend(off_canvas.into_iter().map(|(name, x, y)| {
        let what = "A first frame that reaches past the canvas.";
        sample("W13", name, what, Expect::Malformed, move || canvas().frame(x, y, 16, 16, picture()).finish())
    }));
    all
}
