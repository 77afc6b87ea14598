//! What is counted where. Without the feature `metrics` every function here is empty.

use std::time::Duration;

use fic_core::{Error, Stage};

use crate::call::{Operation, Summary};
use crate::stage::Place;

#[cfg(feature = "metrics")]
pub(crate) use on::InFlight;
#[cfg(feature = "metrics")]
pub use on::{is_on, start};

/// Begins to count.
#[cfg(not(feature = "metrics"))]
pub fn start() {}

/// Whether anything is counted.
#[cfg(not(feature = "metrics"))]
pub const fn is_on() -> bool {
    false
}

/// One more call that runs, until it drops.
#[cfg(not(feature = "metrics"))]
#[derive(Debug)]
pub(crate) struct InFlight;

#[cfg(not(feature = "metrics"))]
impl InFlight {
    pub(crate) fn new() -> InFlight {
        InFlight
    }
}

macro_rules! counted {
    ($($(#[$doc:meta])* $visible:vis fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            $(#[$doc])*
            #[inline]
            $visible fn $name($($argument: $type),*) {
                #[cfg(feature = "metrics")]
                if is_on() {
                    on::$name($($argument),*);
                }
                #[cfg(not(feature = "metrics"))]
                let _ = ($($argument),*,);
            }
        )*
    };
}

counted! {
    /// How full the cache is: `entries` and `used` bytes of `quota` on disk, `resident` bytes in memory.
    pub fn cache_level(entries: u64, used: u64, quota: u64, resident: u64);
    /// A request to the cache that was answered from `origin`. Nothing is allocated here for the origins of a cache.
    pub fn cache_request(origin: &'static str);
    /// A picture that was made and not kept.
    pub fn cache_uncached(reason: &'static str);
    pub(crate) fn call(operation: Operation, took: Duration);
    pub(crate) fn decision_failed(error: &Error);
    pub(crate) fn decision_made(made: &Summary<'_>);
    pub(crate) fn incident(event_id: &'static str, reason: &'static str);
    pub(crate) fn stage(stage: Stage, place: Place, took: Duration);
    /// A worker process was replaced.
    pub fn worker_restarted(reason: &'static str);
}

#[cfg(feature = "metrics")]
mod on {
    use std::sync::atomic::{AtomicBool, Ordering};

    use fic_core::{Format, Kind};
    use metrics::{Unit, counter, gauge, histogram};

    use super::{Duration, Error, Operation, Place, Stage, Summary};
    use crate::emit::limit_name;
    use crate::metric::{self, Form};

    static ON: AtomicBool = AtomicBool::new(false);

    /// The label of what does not apply.
    const NONE: &str = "none";

    /// Whether anything is counted.
    #[inline]
    pub fn is_on() -> bool {
        ON.load(Ordering::Relaxed)
    }

    /// Describes every metric to the recorder that is installed, and begins to count. Call it once, after the
    /// recorder was installed; the cost of a call before that is a load.
    pub fn start() {
        for metric in metric::ALL {
            let unit = match metric.name {
                name if name.ends_with("_seconds") => Unit::Seconds,
                name if name.ends_with("_bytes") => Unit::Bytes,
                _ => Unit::Count,
            };
            match metric.form {
                Form::Counter => metrics::describe_counter!(metric.name, unit, metric.help),
                Form::Gauge => metrics::describe_gauge!(metric.name, unit, metric.help),
                Form::Histogram => metrics::describe_histogram!(metric.name, unit, metric.help),
            }
        }
        ON.store(true, Ordering::Relaxed);
    }

    /// One more call that runs, until it drops. Begun before `start`, it is not counted at its end either.
    #[derive(Debug)]
    pub(crate) struct InFlight {
        counted: bool,
    }

    impl InFlight {
        pub(crate) fn new() -> InFlight {
            let counted = is_on();
            if counted {
                gauge!(metric::IN_FLIGHT).increment(1.0);
            }
            InFlight { counted }
        }
    }

    impl Drop for InFlight {
        fn drop(&mut self) {
            if self.counted {
                gauge!(metric::IN_FLIGHT).decrement(1.0);
            }
        }
    }

    /// Precise up to 2^53.
    fn float(number: u64) -> f64 {
        number as f64
    }

    pub(super) fn cache_level(entries: u64, used: u64, quota: u64, resident: u64) {
        gauge!(metric::CACHE_ENTRIES).set(float(entries));
        gauge!(metric::CACHE_USED_BYTES).set(float(used));
        gauge!(metric::CACHE_QUOTA_BYTES).set(float(quota));
        gauge!(metric::CACHE_RESIDENT_BYTES).set(float(resident));
    }

    pub(super) fn cache_request(origin: &'static str) {
        // Labels that are literals make a key that is made once.
        match origin {
            "disk" => counter!(metric::CACHE_REQUESTS, "origin" => "disk").increment(1),
            "failed" => counter!(metric::CACHE_REQUESTS, "origin" => "failed").increment(1),
            "joined" => counter!(metric::CACHE_REQUESTS, "origin" => "joined").increment(1),
            "made" => counter!(metric::CACHE_REQUESTS, "origin" => "made").increment(1),
            "resident" => counter!(metric::CACHE_REQUESTS, "origin" => "resident").increment(1),
            "second_tier" => counter!(metric::CACHE_REQUESTS, "origin" => "second_tier").increment(1),
            "uncached" => counter!(metric::CACHE_REQUESTS, "origin" => "uncached").increment(1),
            other => counter!(metric::CACHE_REQUESTS, "origin" => other).increment(1),
        }
    }

    pub(super) fn cache_uncached(reason: &'static str) {
        counter!(metric::CACHE_UNCACHED, "reason" => reason).increment(1);
    }

    pub(super) fn call(operation: Operation, took: Duration) {
        histogram!(metric::CALL_SECONDS, "operation" => operation.name()).record(took);
    }

    pub(super) fn decision_failed(error: &Error) {
        let kind = error.kind();
        let outcome = match kind {
            Kind::Cancelled | Kind::Io | Kind::Misuse => "failed",
            _ if kind.event_id().starts_with("incident.") => "incident",
            _ => "refused",
        };
        if outcome == "incident" {
            incident(kind.event_id(), error.what());
        }
        let format = error.format().map_or(NONE, Format::name);
        let limit = limit_name(kind).unwrap_or(NONE);
        decided(format, outcome, kind.name(), limit);
    }

    pub(super) fn decision_made(made: &Summary<'_>) {
        let format = made.format.name();
        decided(format, "accepted", NONE, NONE);
        if let Some(cost) = made.predicted {
            histogram!(metric::WORK_UNITS, "format" => format).record(float(cost.work));
            histogram!(metric::PREDICTED_HEAP_BYTES).record(float(cost.peak_heap));
        }
        if let Some(held) = made.held_bytes {
            histogram!(metric::HELD_HEAP_BYTES).record(float(held));
        }
        for finding in made.findings.iter() {
            counter!(metric::FINDINGS, "finding" => finding.kind.name()).increment(1);
        }
    }

    fn decided(format: &'static str, outcome: &'static str, kind: &'static str, limit: &'static str) {
        counter!(
            metric::DECISIONS,
            "format" => format, "outcome" => outcome, "kind" => kind, "limit" => limit
        )
        .increment(1);
    }

    pub(super) fn incident(event_id: &'static str, reason: &'static str) {
        counter!(metric::INCIDENTS, "event" => event_id, "reason" => reason).increment(1);
    }

    pub(super) fn stage(stage: Stage, place: Place, took: Duration) {
        histogram!(metric::STAGE_SECONDS, "stage" => stage.name(), "place" => place.name()).record(took);
    }

    pub(super) fn worker_restarted(reason: &'static str) {
        counter!(metric::WORKER_RESTARTS, "reason" => reason).increment(1);
    }
}
