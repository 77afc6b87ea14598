//! What a worker is asked: the policy, the recipe, and what the labels claim, each number in its place.
//!
//! The labels themselves stay here. What they claim is one of a few things, for each of which there is a label that
//! claims the same.

use std::num::NonZeroU8;
use std::time::Duration;

use fic_core::{Format, Limits, Truncated};
use fic_encode::Subsampling;
use fic_resize::Filter;
use fic_resize::geometry::{Enlarge, Fit, Gravity};
use fic_trail::Watched;

use super::codec::{Reading, Writing};
use crate::policy::{Isolation, PngBackend, Response, WebPBackend};
use crate::{Fidelity, Output, Policy, Recipe, Upload};

const VERSION: u8 = 3;

/// Which call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Inspect,
    Pixels,
    Thumbnail,
}

/// What an upload's label claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Nothing,
    /// That it is of this format.
    Is(Format),
    /// Something that no format is.
    Other,
}

/// Everything that a worker is told beside the bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) verb: Verb,
    /// Whether the worker is to say what the stages were.
    pub(super) watched: Watched,
    pub(super) policy: Policy,
    pub(super) recipe: Recipe,
    pub(super) media_type: Claim,
    pub(super) file_name: Claim,
}

const VERBS: [Verb; 3] = [Verb::Inspect, Verb::Pixels, Verb::Thumbnail];
const WATCHED: [Watched; 2] = [Watched::No, Watched::Yes];
const RESPONSES: [Response; 2] = [Response::Refuse, Response::Report];
const TRUNCATED: [Truncated; 2] = [Truncated::Accept, Truncated::Reject];
const BACKENDS: [PngBackend; 2] = [PngBackend::Png, PngBackend::Zune];
const WEBP_BACKENDS: &[WebPBackend] = &[
    WebPBackend::Own,
    #[cfg(feature = "image-webp")]
    WebPBackend::ImageWebP,
];
const FILTERS: [Filter; 4] = [Filter::Box, Filter::CatmullRom, Filter::Lanczos3, Filter::Mitchell];
const FIDELITIES: [Fidelity; 3] = [Fidelity::Exact, Fidelity::Fast, Fidelity::Standard];
const OUTPUTS: [Output; 4] = [Output::Auto, Output::Jpeg, Output::Png, Output::WebP];
const SUBSAMPLINGS: [Subsampling; 2] = [Subsampling::S420, Subsampling::S444];
const ENLARGES: [Enlarge; 2] = [Enlarge::Allow, Enlarge::Never];

impl Claim {
    fn of(agrees: impl Fn(Format) -> bool) -> Claim {
        let agreed: Vec<Format> = Format::ALL.into_iter().filter(|&format| agrees(format)).collect();
        match agreed.as_slice() {
            [] => Claim::Other,
            [one] => Claim::Is(*one),
            _ => Claim::Nothing,
        }
    }

    /// A media type that claims this.
    pub(super) fn media_type(self) -> Option<&'static str> {
        match self {
            Claim::Nothing => None,
            Claim::Is(format) => Some(format.media_type()),
            Claim::Other => Some("text/html"),
        }
    }

    /// A file name that claims this.
    pub(super) fn file_name(self) -> Option<&'static str> {
        match self {
            Claim::Nothing => None,
            Claim::Is(Format::Gif) => Some("a.gif"),
            Claim::Is(Format::Jpeg) => Some("a.jpg"),
            Claim::Is(Format::Png) => Some("a.png"),
            Claim::Is(Format::WebP) => Some("a.webp"),
            Claim::Other => Some("a.html"),
        }
    }

    fn number(self) -> u8 {
        match self {
            Claim::Nothing => 0,
            Claim::Other => 1,
            Claim::Is(Format::Gif) => 2,
            Claim::Is(Format::Jpeg) => 3,
            Claim::Is(Format::Png) => 4,
            Claim::Is(Format::WebP) => 5,
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Claim> {
        Some(match from.u8()? {
            0 => Claim::Nothing,
            1 => Claim::Other,
            2 => Claim::Is(Format::Gif),
            3 => Claim::Is(Format::Jpeg),
            4 => Claim::Is(Format::Png),
            5 => Claim::Is(Format::WebP),
            _ => return None,
        })
    }
}

impl Request {
    pub(super) fn new(
        verb: Verb,
        watched: Watched,
        policy: &Policy,
        recipe: &Recipe,
        upload: &Upload<'_>,
    ) -> Request {
        let media_type = upload.media_type.map_or(Claim::Nothing, |declared| {
            Claim::of(|format| fic_sniff::agrees_with_media_type(format, declared))
        });
        let file_name = upload.file_name.map_or(Claim::Nothing, |name| {
            Claim::of(|format| fic_sniff::agrees_with_extension(format, name))
        });
        // One thread makes the same picture, and a worker can start no other.
        let recipe = recipe.with_threads(NonZeroU8::MIN);
        let policy = policy.clone().with_isolation(Isolation::Never);
        Request { verb, watched, policy, recipe, media_type, file_name }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writing::default();
        to.u8(VERSION);
        to.place(&VERBS, &self.verb);
        to.place(&WATCHED, &self.watched);
        to.u8(self.media_type.number());
        to.u8(self.file_name.number());
        write_policy(&self.policy, &mut to);
        write_recipe(&self.recipe, &mut to);
        to.0
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Request> {
        let mut from = Reading::of(bytes);
        if from.u8()? != VERSION {
            return None;
        }
        let verb = from.place(&VERBS)?;
        let watched = from.place(&WATCHED)?;
        let (media_type, file_name) = (Claim::read(&mut from)?, Claim::read(&mut from)?);
        let policy = read_policy(&mut from)?;
        let recipe = read_recipe(&mut from)?;
        from.end(Request { verb, watched, policy, recipe, media_type, file_name })
    }
}

fn write_policy(policy: &Policy, to: &mut Writing) {
    to.place(&TRUNCATED, &policy.truncated);
    to.place(&RESPONSES, &policy.polyglots);
    to.place(&RESPONSES, &policy.mismatches);
    to.place(&BACKENDS, &policy.png_backend);
    to.place(WEBP_BACKENDS, &policy.webp_backend);
    for format in Format::ALL {
        to.u8(u8::from(policy.formats.contains(&format)));
    }
    let limits = &policy.limits;
    to.u32(limits.max_width);
    to.u32(limits.max_height);
    for value in [
        limits.max_input_bytes,
        limits.max_pixels,
        limits.max_frames,
        limits.max_scans,
        limits.max_table_bytes,
        limits.max_metadata_bytes,
        limits.max_icc_bytes,
        limits.max_heap_bytes,
        limits.max_work,
        limits.max_output_pixels,
        limits.max_wall.as_secs(),
    ] {
        to.u64(value);
    }
    to.u32(limits.max_wall.subsec_nanos());
}

fn read_policy(from: &mut Reading<'_>) -> Option<Policy> {
    let mut policy = Policy::untrusted();
    policy.truncated = from.place(&TRUNCATED)?;
    policy.polyglots = from.place(&RESPONSES)?;
    policy.mismatches = from.place(&RESPONSES)?;
    policy.png_backend = from.place(&BACKENDS)?;
    policy.webp_backend = from.place(WEBP_BACKENDS)?;
    policy.formats.clear();
    for format in Format::ALL {
        if from.flag()? {
            policy.formats.push(format);
        }
    }
    let (max_width, max_height) = (from.u32()?, from.u32()?);
    let mut limits = Limits::untrusted()
        .with_max_width(max_width)
        .with_max_height(max_height)
        .with_max_input_bytes(from.u64()?)
        .with_max_pixels(from.u64()?)
        .with_max_frames(from.u64()?)
        .with_max_scans(from.u64()?)
        .with_max_table_bytes(from.u64()?)
        .with_max_metadata_bytes(from.u64()?)
        .with_max_icc_bytes(from.u64()?)
        .with_max_heap_bytes(from.u64()?)
        .with_max_work(from.u64()?)
        .with_max_output_pixels(from.u64()?);
    let seconds = from.u64()?;
    let nanos = from.u32().filter(|&nanos| nanos < 1_000_000_000)?;
    limits = limits.with_max_wall(Duration::new(seconds, nanos));
    policy.limits = limits;
    Some(policy)
}

fn write_recipe(recipe: &Recipe, to: &mut Writing) {
    to.u32(recipe.width);
    to.u32(recipe.height);
    to.u32(recipe.frame);
    let (kind, gravity, background) = match recipe.fit {
        Fit::Contain => (0, Gravity::Centre, [0; 4]),
        Fit::Cover { gravity } => (1, gravity, [0; 4]),
        Fit::Fill => (2, Gravity::Centre, [0; 4]),
        Fit::Pad { background, gravity } => (3, gravity, background),
    };
    to.u8(kind);
    to.place(&Gravity::ALL, &gravity);
    to.0.extend_from_slice(&background);
    to.place(&ENLARGES, &recipe.enlarge);
    to.place(&FILTERS, &recipe.filter);
    to.place(&FIDELITIES, &recipe.fidelity);
    to.place(&OUTPUTS, &recipe.output);
    to.place(&SUBSAMPLINGS, &recipe.subsampling);
    to.u8(recipe.quality);
    to.0.extend_from_slice(&recipe.background);
}

fn read_recipe(from: &mut Reading<'_>) -> Option<Recipe> {
    let (width, height, frame) = (from.u32()?, from.u32()?, from.u32()?);
    let kind = from.u8()?;
    let gravity = from.place(&Gravity::ALL)?;
    let background = *from.0.array::<4>()?;
    let fit = match kind {
        0 => Fit::Contain,
        1 => Fit::Cover { gravity },
        2 => Fit::Fill,
        3 => Fit::Pad { background, gravity },
        _ => return None,
    };
    let recipe = Recipe::within(width, height)
        .with_frame(frame)
        .with_fit(fit)
        .with_enlarge(from.place(&ENLARGES)?)
        .with_filter(from.place(&FILTERS)?)
        .with_fidelity(from.place(&FIDELITIES)?)
        .with_output(from.place(&OUTPUTS)?)
        .with_subsampling(from.place(&SUBSAMPLINGS)?)
        .with_quality(from.u8()?);
    Some(recipe.with_background(*from.0.array::<3>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_there_and_back_and_a_cut_one_is_none() {
        let policy = Policy::strict_avatar()
            .with_formats([Format::Png, Format::WebP])
            .with_png_backend(PngBackend::Zune)
            .with_truncated(Truncated::Accept);
        #[cfg(feature = "image-webp")]
        let policy = policy.with_webp_backend(WebPBackend::ImageWebP);
        let pad = Fit::Pad { background: [1, 2, 3, 4], gravity: Gravity::SouthWest };
        let recipe = Recipe::within(7, 9)
            .with_fit(pad)
            .with_enlarge(Enlarge::Allow)
            .with_filter(Filter::Mitchell)
            .with_fidelity(Fidelity::Exact)
            .with_output(Output::WebP)
            .with_quality(3)
            .with_frame(70_000)
            .with_subsampling(Subsampling::S444)
            .with_background([5, 6, 7]);
        let upload = Upload::new(b"").with_media_type("image/PNG; x").with_file_name("a.exe");
        let request = Request::new(Verb::Pixels, Watched::Yes, &policy, &recipe, &upload);
        assert_eq!((request.media_type, request.file_name), (Claim::Is(Format::Png), Claim::Other));
        let bytes = request.to_bytes();
        assert_eq!(Request::parse(&bytes), Some(request));
        for cut in 0..bytes.len() {
            assert_eq!(Request::parse(&bytes[..cut]), None);
        }
        assert_eq!(Request::parse(&[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn each_claim_has_a_label_that_claims_it() {
        let claims = Format::ALL.map(Claim::Is).into_iter().chain([Claim::Nothing, Claim::Other]);
        for claim in claims {
            let mut upload = Upload::new(b"");
            upload.media_type = claim.media_type();
            upload.file_name = claim.file_name();
            let (policy, recipe) = (Policy::untrusted(), Recipe::within(1, 1));
            let request = Request::new(Verb::Inspect, Watched::No, &policy, &recipe, &upload);
            assert_eq!((request.media_type, request.file_name), (claim, claim));
        }
    }
}
