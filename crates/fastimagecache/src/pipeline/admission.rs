//! Everything that is decided before a pixel is decoded.

use std::num::NonZeroU8;

use fic_core::{
    Budget, Cost, FindingKind, Findings, Format, HeldBytes, Kind, Limit, Limits, Nearness, Orientation,
    PixelLayout, Request, Stage, rows_bytes, units,
};
use fic_encode::Encoding;
use fic_resize::geometry::{self, Fit, Plan};
use fic_sniff::PolyglotMarks;
use fic_trail::{Task, observed};

use crate::pipeline::formats::{AnyAdmitted, AnyOutline};
use crate::pipeline::sizes::{Sizes, stored_target};
use crate::policy::Response;
use crate::{Error, Fidelity, Policy, Recipe, Upload};

/// An upload that is a picture as far as its outline tells.
pub(crate) struct Examined {
    pub(crate) outline: AnyOutline,
    /// Findings about the file as a whole; those about the picture are in the outline's header.
    pub(crate) findings: Findings,
    pub(crate) marks: PolyglotMarks,
}

/// What the caller wants at the end of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Encoded,
    Pixels,
}

/// Leave to decode, and what it will cost.
pub(crate) struct Admission<'a> {
    pub(crate) admitted: AnyAdmitted<'a>,
    pub(crate) sizes: Sizes,
    pub(crate) icc: Option<HeldBytes>,
    /// The byte where an unusable ICC profile was noticed.
    pub(crate) icc_problem: Option<u64>,
    pub(crate) predicted: Cost,
    pub(crate) works: Works,
}

/// The work units of the stages that have any to speak of, for whoever watches them.
#[derive(Clone, Copy)]
pub(crate) struct Works {
    pub(crate) decode: u64,
    pub(crate) colour: u64,
    pub(crate) resample: u64,
    pub(crate) encode: u64,
}

/// Sniff and outline, and the policy's judgement of labels and polyglots.
pub(crate) fn examine(policy: &Policy, upload: &Upload<'_>) -> Result<Examined, Error> {
    let bytes = upload.bytes;
    judge_length(policy, upload)?;
    let mut findings = Findings::new();
    let format = observed(Task::of(Stage::Sniff), None, || sniff(policy, upload, &mut findings))?;
    let outlining = Task::of(Stage::Outline).format(format);
    let outline = observed(outlining, None, || AnyOutline::read(format, bytes))?;
    let trailing = usize::try_from(outline.header().trailing_bytes).unwrap_or(usize::MAX);
    let end = bytes.len().saturating_sub(trailing);
    let marks = fic_sniff::polyglot_marks(format, bytes, end);
    if policy.polyglots == Response::Refuse
        && let Some((_, offset)) = marks.iter().next()
    {
        let what = "the file is something else too";
        return Err(Error::new(Kind::Refused, Stage::Sniff, what).in_format(format).at(offset));
    }
    marks.note(&mut findings);
    Ok(Examined { outline, findings, marks })
}

/// Which format it is, if it is one that the policy accepts.
fn sniff(policy: &Policy, upload: &Upload<'_>, findings: &mut Findings) -> Result<Format, Error> {
    let format = fic_sniff::sniff(upload.bytes).require_picture()?;
    if !policy.formats.contains(&format) {
        return Err(Error::new(Kind::Refused, Stage::Sniff, "the policy does not accept this format")
            .in_format(format));
    }
    check_labels(policy, upload, format, findings)?;
    Ok(format)
}

/// What the policy says of the labels alone, where the upload has any. What its bytes deserve, the bytes get later.
pub(crate) fn judge_labels(policy: &Policy, upload: &Upload<'_>) -> Result<(), Error> {
    let is_labelled = upload.media_type.is_some() || upload.file_name.is_some();
    match fic_sniff::sniff(upload.bytes).require_picture() {
        Ok(format) if is_labelled => check_labels(policy, upload, format, &mut Findings::new()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The first of all judgements, and the cheapest: before anything that takes time by the byte, such as a digest.
pub(crate) fn judge_length(policy: &Policy, upload: &Upload<'_>) -> Result<(), Error> {
    policy.limits.check(Stage::Sniff, Limit::MaxInputBytes, upload.bytes.len() as u64)
}

fn check_labels(
    policy: &Policy,
    upload: &Upload<'_>,
    format: Format,
    findings: &mut Findings,
) -> Result<(), Error> {
    let by_type =
        upload.media_type.is_none_or(|declared| fic_sniff::agrees_with_media_type(format, declared));
    let by_name = upload.file_name.is_none_or(|name| fic_sniff::agrees_with_extension(format, name));
    if !by_type {
        findings.note(FindingKind::ContentTypeMismatch, 0);
    }
    if !by_name {
        findings.note(FindingKind::ExtensionMismatch, 0);
    }
    if policy.mismatches == Response::Refuse && !(by_type && by_name) {
        return Err(Error::new(Kind::Refused, Stage::Sniff, "the file is not what it was declared to be")
            .in_format(format));
    }
    Ok(())
}

/// Admits the picture for this recipe: the format's own admission, then the cost of the whole way.
pub(crate) fn admit<'a>(
    policy: &Policy,
    upload: &Upload<'a>,
    outline: &AnyOutline,
    recipe: &Recipe,
    made: Made,
    budget: &Budget,
) -> Result<Admission<'a>, Error> {
    let limits = &policy.limits;
    let header = outline.header();
    let (width, height) = (header.width.get(), header.height.get());
    limits.check_size(Stage::Admit, width, height).map_err(|e| e.in_format(header.format))?;
    let upright = header.orientation.upright_size(width, height);
    let plan = geometry::plan(upright, (recipe.width, recipe.height), recipe.fit, recipe.enlarge)?;
    let shown = plan.output();
    limits.check(Stage::Admit, Limit::MaxOutputPixels, u64::from(shown.0).saturating_mul(shown.1.into()))?;

    let target = stored_target(&plan, header.orientation, (width, height));
    let request = decoding(recipe.fidelity, target)
        .with_truncated(policy.truncated)
        .with_frame(recipe.frame)
        .with_threads(recipe.threads);
    let mut admitted = outline.admit(upload.bytes, &request, policy)?;
    let (icc, icc_problem) = match outline.icc(upload.bytes, limits, budget) {
        Ok(icc) => (icc, None),
        Err(problem) => (None, Some(problem.offset().unwrap_or(0))),
    };
    let sizes = Sizes::new(plan, header.orientation, (width, height), admitted.size(), admitted.scaling());
    let icc_bytes = icc.as_ref().map_or(0, |icc| icc.as_slice().len() as u64);
    let (mut predicted, mut works) =
        whole_cost(&admitted, &sizes, recipe, made, header.orientation, icc_bytes);
    if recipe.threads > NonZeroU8::MIN && check_cost(limits, predicted).is_err() {
        // Threads cost more, and never a picture that one thread may make.
        admitted = outline.admit(upload.bytes, &request.with_threads(NonZeroU8::MIN), policy)?;
        (predicted, works) = whole_cost(&admitted, &sizes, recipe, made, header.orientation, icc_bytes);
    }
    check_cost(limits, predicted).map_err(|e| e.in_format(header.format))?;
    Ok(Admission { admitted, sizes, icc, icc_problem, predicted, works })
}

/// The boxed outline, the boxed decoder and the budget's account.
const FIXED_BYTES: u64 = 6 << 10;

fn check_cost(limits: &Limits, cost: Cost) -> Result<(), Error> {
    limits.check(Stage::Admit, Limit::MaxWork, cost.work)?;
    limits.check(Stage::Admit, Limit::MaxHeapBytes, cost.peak_heap)
}

/// What the decoder is asked for, where the whole picture is `target` pixels at the scale of the output.
fn decoding(fidelity: Fidelity, target: (u32, u32)) -> Request {
    let (times, nearness) = match fidelity {
        Fidelity::Exact => return Request::full(),
        Fidelity::Fast => (1, Nearness::Rough),
        Fidelity::Standard => (2, Nearness::Close),
    };
    Request::full()
        .with_at_least(target.0.saturating_mul(times), target.1.saturating_mul(times))
        .with_nearness(nearness)
}

/// The stages one after the other; each holds its input while it makes its output.
fn whole_cost(
    admitted: &AnyAdmitted<'_>,
    sizes: &Sizes,
    recipe: &Recipe,
    made: Made,
    orientation: Orientation,
    icc_bytes: u64,
) -> (Cost, Works) {
    let layout = admitted.layout();
    let decoded = admitted.size();
    let small = (decoded.0.div_ceil(sizes.factor.0), decoded.1.div_ceil(sizes.factor.1));
    let small_bytes = rows_bytes(layout, small.0, small.1);
    let holding = |bytes: u64| Cost { work: 0, peak_heap: bytes };

    let decode = admitted.cost().with(fic_resize::shrink_cost(layout, decoded.0, decoded.1, sizes.factor));
    let orient =
        if orientation.swaps_sides() { holding(small_bytes.saturating_mul(2)) } else { holding(small_bytes) };
    let coloured = if layout == PixelLayout::Cmyk { PixelLayout::Rgb } else { layout };
    let colour = fic_colour::colour_cost(layout, small.0, small.1, icc_bytes).with(holding(small_bytes));
    let upright = orientation.upright_size(small.0, small.1);
    let scaled = sizes.plan.scaled;
    let coloured_bytes = rows_bytes(coloured, small.0, small.1);
    let resample =
        fic_resize::resample_cost(coloured, upright, scaled, recipe.filter).with(holding(coloured_bytes));
    let start = Cost { work: units::PICTURE, peak_heap: 0 };
    let canvas = canvas_cost(coloured, &sizes.plan, recipe.fit);
    let encode = match made {
        Made::Encoded => encode_cost(coloured, &sizes.plan, recipe),
        Made::Pixels => Cost::default(),
    };
    let works =
        Works { decode: decode.work, colour: colour.work, resample: resample.work, encode: encode.work };
    // The profile stays in memory from admission to the colour stage, the outline and the decoder's own
    // fields all the way.
    let whole = start
        .then(decode)
        .then(orient)
        .then(colour)
        .then(resample)
        .then(canvas)
        .then(encode)
        .with(holding(icc_bytes.saturating_add(FIXED_BYTES)));
    (whole, works)
}

fn canvas_cost(layout: PixelLayout, plan: &Plan, fit: Fit) -> Cost {
    let peak_heap = match (plan.canvas, fit) {
        (Some((canvas, _)), Fit::Pad { .. }) => rows_bytes(layout, plan.scaled.0, plan.scaled.1)
            .saturating_add(rows_bytes(PixelLayout::Rgba, canvas.0, canvas.1)),
        _ => 0,
    };
    Cost { work: 0, peak_heap }
}

/// The dearest of the forms that the output may take, with the flattening before it.
fn encode_cost(layout: PixelLayout, plan: &Plan, recipe: &Recipe) -> Cost {
    let (width, height) = plan.output();
    let layout = if plan.canvas.is_some() { PixelLayout::Rgba } else { layout };
    let pixels = rows_bytes(layout, width, height);
    let opaque = if layout.has_alpha() { PixelLayout::Rgb } else { layout };
    let jpeg = |encoding| {
        let flat = rows_bytes(opaque, width, height);
        let flatten =
            Cost { work: 0, peak_heap: if layout.has_alpha() { pixels.saturating_add(flat) } else { flat } };
        flatten.then(
            fic_encode::encode_cost(encoding, opaque, width, height).with(Cost { work: 0, peak_heap: flat }),
        )
    };
    let other = |encoding| {
        fic_encode::encode_cost(encoding, layout, width, height).with(Cost { work: 0, peak_heap: pixels })
    };
    [false, true].into_iter().fold(Cost::default(), |dearest, is_transparent| {
        let cost = match recipe.encoding(is_transparent && layout.has_alpha()) {
            encoding @ Encoding::Jpeg { .. } => jpeg(encoding),
            encoding => other(encoding),
        };
        Cost { work: dearest.work.max(cost.work), peak_heap: dearest.peak_heap.max(cost.peak_heap) }
    })
}

/// What a thumbnail after `recipe` would cost, for a report: nothing is decoded.
pub(crate) fn cost_of(
    policy: &Policy,
    upload: &Upload<'_>,
    outline: &AnyOutline,
    recipe: &Recipe,
) -> Result<Cost, Error> {
    let budget = Budget::new(&policy.limits);
    admit(policy, upload, outline, recipe, Made::Encoded, &budget).map(|admission| admission.predicted)
}
