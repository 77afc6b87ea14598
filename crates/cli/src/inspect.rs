//! `inspect`: what a file is, as a table or as one JSON object a line.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;

use fastimagecache::{Error, Inspection, Upload};
use serde_json::{Value, json};

use crate::arguments::InspectArguments;
use crate::escape::printable;
use crate::failure::{Failure, Tally, label};
use crate::inputs::{self, is_stream};
use crate::limits;

/// Inspects every file; one that has no outline is a failure, one that admission would refuse is not.
pub(crate) fn run(arguments: &InspectArguments) -> Result<Tally, Failure> {
    let thumbnailer = limits::thumbnailer(&arguments.policy, Some(NonZeroUsize::MIN))?;
    let mut tally = Tally::default();
    for (nth, path) in arguments.files.iter().enumerate() {
        let inspection = inputs::read(path, &thumbnailer.policy().limits).and_then(|bytes| {
            let name = path.to_string_lossy();
            let upload = Upload::new(&bytes);
            let label = label(path);
            let upload =
                if is_stream(path) { upload } else { upload.with_file_name(&name).with_source(&label) };
            let inspected = thumbnailer.inspect(upload).map_err(|error| Failure::told(path, error));
            inspected.map(|inspection| (bytes.len(), inspection))
        });
        match inspection {
            Ok((bytes, inspection)) => {
                let text = if arguments.json {
                    format!("{}\n", as_json(path, bytes, &inspection))
                } else {
                    let gap = if nth > 0 { "\n" } else { "" };
                    format!("{gap}{}", as_table(path, bytes, &inspection))
                };
                io::stdout()
                    .write_all(text.as_bytes())
                    .map_err(|e| Failure::io(Path::new("-"), "writing the output failed", e))?;
                tally.done += 1;
            }
            Err(failure) => {
                failure.print();
                tally.failures.push(failure);
            }
        }
    }
    Ok(tally)
}

fn as_table(path: &Path, bytes: usize, inspection: &Inspection) -> String {
    let header = &inspection.header;
    let mut table = String::new();
    let mut row = |name: &str, value: String| table.push_str(&format!("  {name:<12} {value}\n"));
    row("format", header.format.to_string());
    row("size", format!("{} x {} pixels, {bytes} bytes", header.width, header.height));
    let alpha = if header.has_alpha { ", alpha" } else { "" };
    row("colour", format!("{}, {} bits a sample{alpha}", header.colour.name(), header.bit_depth));
    row("frames", header.frames.to_string());
    row("scans", header.scans.to_string());
    row("orientation", header.orientation.exif().to_string());
    row("icc", bytes_or_none(header.icc_bytes));
    row("metadata", bytes_or_none(header.metadata_bytes));
    row("after end", bytes_or_none(header.trailing_bytes));
    match inspection.predicted {
        Some(cost) => {
            row("cost", format!("{} work units, {} bytes of memory at most", cost.work, cost.peak_heap));
        }
        None => row("cost", "-".to_owned()),
    }
    let verdict = match &inspection.refusal {
        None => "admitted".to_owned(),
        Some(refusal) => format!("{}: {refusal}", refusal.kind().name()),
    };
    row("verdict", verdict);
    for finding in inspection.findings.iter() {
        let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
        row("finding", format!("{} at byte {}{times}", finding.kind.name(), finding.offset));
    }
    for (mark, offset) in inspection.polyglot_marks.iter() {
        row("polyglot", format!("{} at byte {offset}", mark.name()));
    }
    format!("{}\n{table}", printable(path))
}

fn bytes_or_none(bytes: u64) -> String {
    if bytes == 0 { "none".to_owned() } else { format!("{bytes} bytes") }
}

fn as_json(path: &Path, bytes: usize, inspection: &Inspection) -> Value {
    let header = &inspection.header;
    let findings: Vec<_> = inspection
        .findings
        .iter()
        .map(|finding| json!({"kind": finding.kind.name(), "offset": finding.offset, "count": finding.count}))
        .collect();
    let marks: Vec<_> = inspection
        .polyglot_marks
        .iter()
        .map(|(mark, offset)| json!({"kind": mark.name(), "offset": offset}))
        .collect();
    json!({
        "file": path.to_string_lossy(),
        "bytes": bytes,
        "format": header.format.name(),
        "width": header.width,
        "height": header.height,
        "colour": header.colour.name(),
        "bit_depth": header.bit_depth,
        "alpha": header.has_alpha,
        "frames": header.frames,
        "scans": header.scans,
        "orientation": header.orientation.exif(),
        "icc_bytes": header.icc_bytes,
        "metadata_bytes": header.metadata_bytes,
        "trailing_bytes": header.trailing_bytes,
        "findings": findings,
        "polyglot_marks": marks,
        "predicted": inspection.predicted.map(|cost| json!({"work": cost.work, "peak_heap_bytes": cost.peak_heap})),
        "refusal": inspection.refusal.as_ref().map(refusal),
    })
}

fn refusal(error: &Error) -> Value {
    json!({
        "kind": error.kind().name(),
        "stage": error.stage().name(),
        "message": error.to_string(),
        "offset": error.offset(),
    })
}
