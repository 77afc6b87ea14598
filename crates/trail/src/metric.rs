//! Counters and histograms: every name in one list, with its unit and its labels. The values of labels are words of
//! this stack, never text of a caller, so that their number is bounded.
//!
//! [`start`] begins it, once the program has installed its recorder; before that, and without the feature `metrics`,
//! nothing is counted.

mod record;

pub(crate) use record::{InFlight, call, decision_failed, decision_made, incident, stage};
pub use record::{cache_level, cache_request, cache_uncached, worker_restarted};
pub use record::{is_on, start};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How values are distributed.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name under which Prometheus has it.
    pub name: &'static str,
    /// What it is.
    pub form: Form,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident $name:literal $form:ident [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $constant: &str = $name;
        )*

        /// Every metric.
        pub const ALL: &[Metric] = &[
            $(Metric { name: $name, form: Form::$form, labels: &[$($label),*], help: $help },)*
        ];
    };
}

metrics! {
    CACHE_ENTRIES "fastimagecache_cache_entries" Gauge []
        "Entries on disk.";
    CACHE_QUOTA_BYTES "fastimagecache_cache_quota_bytes" Gauge []
        "What the cache may take on disk.";
    CACHE_REQUESTS "fastimagecache_cache_requests_total" Counter ["origin"]
        "Requests to the cache, by where the answer came from.";
    CACHE_RESIDENT_BYTES "fastimagecache_cache_resident_bytes" Gauge []
        "What entries take in the memory of this process.";
    CACHE_UNCACHED "fastimagecache_cache_uncached_total" Counter ["reason"]
        "Pictures that were made and not kept on disk.";
    CACHE_USED_BYTES "fastimagecache_cache_used_bytes" Gauge []
        "What the cache takes on disk, all processes together.";
    CALL_SECONDS "fastimagecache_call_seconds" Histogram ["operation"]
        "How long a call took, whatever came of it.";
    DECISIONS "fastimagecache_decisions_total" Counter ["format", "outcome", "kind", "limit"]
        "Calls by what came of them.";
    FINDINGS "fastimagecache_findings_total" Counter ["finding"]
        "Accepted uploads in which something was noticed and forgiven.";
    HELD_HEAP_BYTES "fastimagecache_held_heap_bytes" Histogram []
        "The most heap bytes that the budget had granted at once, by call.";
    INCIDENTS "fastimagecache_incidents_total" Counter ["event", "reason"]
        "Incidents of the cache, of workers and of decoders.";
    IN_FLIGHT "fastimagecache_in_flight" Gauge []
        "Calls that run now.";
    PREDICTED_HEAP_BYTES "fastimagecache_predicted_heap_bytes" Histogram []
        "The heap bytes that admission predicted, by call.";
    STAGE_SECONDS "fastimagecache_stage_seconds" Histogram ["stage", "place"]
        "How long a stage took, whatever came of it; in a worker by its own word.";
    WORKER_RESTARTS "fastimagecache_worker_restarts_total" Counter ["reason"]
        "Worker processes that were replaced.";
    WORK_UNITS "fastimagecache_work_units" Histogram ["format"]
        "The work units that admission predicted, by call; one is about a nanosecond.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for metric in ALL {
            let name = metric.name.strip_prefix("fastimagecache_").unwrap();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), metric.form == Form::Counter, "{name}");
            assert!(!name.contains("_ms") && metric.help.ends_with('.'), "{name}");
        }
        let mut names: Vec<_> = ALL.iter().map(|metric| metric.name).collect();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
