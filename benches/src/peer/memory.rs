//! How far the memory of the process rises while it does one thing.

use std::error::Error;
use std::fs;

use serde_json::{Value, json};

use crate::operation::{Made, Operation};

/// Does it once. All figures are in KiB: the resident memory before, its peak, and the peak of the heap over
/// what was allocated before.
pub(crate) fn once(file: &[u8], operation: Operation) -> Result<Value, Box<dyn Error>> {
    // 5 sets the peak back to what is resident now.
    fs::write("/proc/self/clear_refs", "5")?;
    let start = status("VmRSS:")?;
    let mut made = Made::default();
    let (result, heap) = fic_testkit::heap::measure(|| operation.run(file, &mut made));
    let peak = status("VmHWM:")?;
    result?;
    Ok(json!({
        "start_kib": start,
        "peak_kib": peak,
        "heap_kib": heap.div_ceil(1024),
        "predicted_heap_kib": made.predicted_heap.map(|bytes| bytes.div_ceil(1024)),
    }))
}

fn status(field: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such line in the status")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure in the status")?.parse()?)
}
