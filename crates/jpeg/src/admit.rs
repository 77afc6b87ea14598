//! Admission: limits, kinds that are not decoded, plausibility, and the cost of what will be.
//!
//! In come an outline, the caller's wishes and the limits; out goes an [`Admitted`], the only thing that a
//! decoder is made from, or an error that names the limit, the value allowed and the value found.

use fic_core::{Cost, Error, Format, Limit, Limits, PixelLayout, Request, Stage, Truncated};

use crate::colour;
use crate::engine::blueprint::{Blueprint, has_whole_ratios};
use crate::frame::Process;
use crate::outline::{Ending, Outline};

/// A file that may be decoded within the limits.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) outline: Outline,
    pub(crate) blueprint: Blueprint,
    pub(crate) truncated: Truncated,
}

/// Admits a file, or says why not.
///
/// # Errors
/// `Limit` naming what is exceeded, `Unsupported` for kinds that are not decoded, `Malformed` where pixels
/// are missing or in doubt.
pub fn admit<'a>(
    input: &'a [u8],
    outline: &Outline,
    request: &Request,
    limits: &Limits,
) -> Result<Admitted<'a>, Error> {
    check_limits(outline, limits)?;
    request.check_frame(1).map_err(|err| err.in_format(Format::Jpeg))?;
    check_kind(outline)?;
    check_data(outline, request.truncated)?;
    let mut blueprint = Blueprint::new(input, outline, request);
    if check_cost(blueprint.cost(), limits).is_err() {
        // What one thread may decode is decoded, however many were asked for.
        blueprint = blueprint.on_one_thread();
        check_cost(blueprint.cost(), limits)?;
    }
    Ok(Admitted { input, outline: outline.clone(), blueprint, truncated: request.truncated })
}

impl Admitted<'_> {
    /// What decoding costs.
    pub fn cost(&self) -> Cost {
        self.blueprint.cost()
    }

    /// Width of the decoded picture in pixels: the stored one, or what it is at the scale that was asked for.
    pub fn width(&self) -> u32 {
        self.blueprint.size().0
    }

    /// Height of the decoded picture in pixels.
    pub fn height(&self) -> u32 {
        self.blueprint.size().1
    }

    /// Stored pixels for a side of a decoded one: 1, 2, 4 or 8.
    pub fn scale(&self) -> u32 {
        8 / self.blueprint.scale.side()
    }

    /// The samples of a pixel.
    pub fn layout(&self) -> PixelLayout {
        colour::layout(self.outline.header().colour)
    }
}

fn check_limits(outline: &Outline, limits: &Limits) -> Result<(), Error> {
    let frame = outline.frame();
    limits.check_size(Stage::Admit, frame.width.get(), frame.height.get())?;
    limits.check(Stage::Admit, Limit::MaxFrames, 1)?;
    limits.check(Stage::Admit, Limit::MaxScans, outline.header().scans)?;
    limits.check(Stage::Admit, Limit::MaxTableBytes, outline.table_bytes())?;
    limits.check(Stage::Admit, Limit::MaxMetadataBytes, outline.header().metadata_bytes)
}

fn check_cost(cost: Cost, limits: &Limits) -> Result<(), Error> {
    limits.check(Stage::Admit, Limit::MaxWork, cost.work)?;
    limits.check(Stage::Admit, Limit::MaxHeapBytes, cost.peak_heap)
}

fn check_kind(outline: &Outline) -> Result<(), Error> {
    let frame = outline.frame();
    let what = match frame.process {
        Process::Baseline | Process::Extended | Process::Progressive => "",
        Process::Lossless => "lossless coding (SOF3) is not decoded",
        Process::Differential => "hierarchical coding is not decoded",
        Process::ArithmeticSequential => "arithmetic coding (SOF9) is not decoded",
        Process::ArithmeticProgressive => "progressive arithmetic coding (SOF10) is not decoded",
        Process::ArithmeticLossless => "lossless arithmetic coding (SOF11) is not decoded",
    };
    if !what.is_empty() {
        return Err(unsupported(what));
    }
    if frame.precision != 8 {
        return Err(unsupported("samples of another precision than 8 bits are not decoded")
            .found(frame.precision.into()));
    }
    if frame.components().len() == 2 {
        return Err(unsupported("two components have no agreed colours"));
    }
    if !has_whole_ratios(frame) {
        return Err(unsupported("sampling factors in a ratio that is not whole"));
    }
    Ok(())
}

fn check_data(outline: &Outline, truncated: Truncated) -> Result<(), Error> {
    if let Some(problem) = outline.first_problem() {
        return Err(Error::new(problem.kind, Stage::Admit, problem.what)
            .in_format(Format::Jpeg)
            .at(problem.at));
    }
    if truncated == Truncated::Reject && outline.ending() != Ending::Eoi && !outline.is_complete() {
        return Err(malformed("the data ends before the last scan"));
    }
    let floor = outline.floor();
    let needed = match truncated {
        // Most of the picture may be missing, but not nearly all of it: it would be all invention.
        Truncated::Accept => floor.needed / 16,
        Truncated::Reject => floor.needed,
    };
    if floor.found < needed {
        return Err(malformed("a scan has fewer bits than its blocks need")
            .found(floor.found)
            .allowed(needed));
    }
    Ok(())
}

fn unsupported(what: &'static str) -> Error {
    Error::unsupported(Stage::Admit, Format::Jpeg, what)
}

fn malformed(what: &'static str) -> Error {
    Error::malformed(Stage::Admit, Format::Jpeg, what)
}
