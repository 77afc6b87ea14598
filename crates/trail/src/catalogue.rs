//! Every event that there is: its id, how bad it is, and what it means. `docs/events.md` is the same table for people,
//! and a test holds them together.

/// One kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The stable id, `event_id` in an event.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub family: Family,
    /// What happened, in one phrase.
    pub meaning: &'static str,
}

/// How bad an event is; the numbers are those of `event.severity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The caller's own doing: logged at `INFO`.
    Notice = 1,
    /// An upload that is damaged or of no kind that is decoded, as every service gets some: `INFO`.
    Low = 3,
    /// An upload that nobody makes by mistake, or a service that is short of something: `WARN`.
    Medium = 5,
    /// Somebody ought to look today: `ERROR`.
    High = 8,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The cache's files.
    Cache,
    /// The call: cancelled, not readable, not to be met.
    Failure,
    /// An upload that was refused.
    Refusal,
    /// A decoder that failed in a way that was ruled out.
    Upstream,
    /// A worker process.
    Worker,
}

impl Severity {
    /// The lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }
}

const fn of(id: &'static str, severity: Severity, family: Family, meaning: &'static str) -> Entry {
    Entry { id, severity, family, meaning }
}

/// Every event, in the order of the ids.
pub const CATALOGUE: &[Entry] = {
    use Family::{Cache, Failure, Refusal, Upstream, Worker};
    use Severity::{High, Low, Medium, Notice};
    &[
        of("failure.cancelled", Notice, Failure, "the caller threw the switch"),
        of("failure.io", Medium, Failure, "the upload could not be read, or the picture not be written"),
        of("failure.misuse", Notice, Failure, "the recipe or the policy cannot be met, whatever the picture"),
        of("incident.cache.damaged", High, Cache, "a file of the cache is not the entry that its name says"),
        of("incident.cache.unwritable", Medium, Cache, "the disk is full or does not take what is written"),
        of("incident.upstream", High, Upstream, "a decoder failed in a way that the outline had ruled out"),
        of(
            "incident.worker.crashed",
            High,
            Worker,
            "a worker ended by a signal of its own, such as an abort",
        ),
        of("incident.worker.deadline", High, Worker, "a worker was killed because its time was over"),
        of(
            "incident.worker.forbidden",
            High,
            Worker,
            "a worker was killed for a system call that it may not make",
        ),
        of("incident.worker.memory", High, Worker, "a worker passed its memory"),
        of("incident.worker.poison", Medium, Worker, "an upload that ended a worker before came again"),
        of("incident.worker.posture", High, Worker, "the kernel confines a worker less than is required"),
        of("incident.worker.protocol", High, Worker, "a worker answered what it must not"),
        of("incident.worker.start", Medium, Worker, "a worker could not be started"),
        of("refusal.deadline", Medium, Refusal, "the wall time ran out"),
        of("refusal.limit.max_frames", Medium, Refusal, "more frames than are decoded"),
        of("refusal.limit.max_heap_bytes", Medium, Refusal, "more memory would be needed"),
        of("refusal.limit.max_height", Medium, Refusal, "more rows"),
        of("refusal.limit.max_icc_bytes", Medium, Refusal, "a larger colour profile"),
        of("refusal.limit.max_input_bytes", Medium, Refusal, "a longer upload"),
        of("refusal.limit.max_metadata_bytes", Medium, Refusal, "more metadata"),
        of("refusal.limit.max_output_pixels", Medium, Refusal, "the picture that is asked for is larger"),
        of("refusal.limit.max_pixels", Medium, Refusal, "a larger area"),
        of("refusal.limit.max_scans", Medium, Refusal, "more scans (JPEG)"),
        of("refusal.limit.max_table_bytes", Medium, Refusal, "larger decoding tables"),
        of("refusal.limit.max_wall_ms", Medium, Refusal, "more time"),
        of("refusal.limit.max_width", Medium, Refusal, "more columns"),
        of("refusal.limit.max_work", Medium, Refusal, "more work would be needed"),
        of(
            "refusal.malformed",
            Low,
            Refusal,
            "the bytes break their format so that pixels are missing or in doubt",
        ),
        of(
            "refusal.policy",
            Medium,
            Refusal,
            "active content, a polyglot, a wrong label, or a format not wanted",
        ),
        of("refusal.unsupported", Low, Refusal, "a known kind of file that is not decoded"),
    ]
};

/// The entry of that id.
pub fn entry(id: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use fic_core::{Incident, Kind, Limit};

    use super::*;
    use crate::CacheTrouble;

    #[test]
    fn every_kind_every_limit_and_every_incident_has_its_event_and_there_is_no_other() {
        let kinds = [
            Kind::Cancelled,
            Kind::Deadline,
            Kind::Io,
            Kind::Malformed,
            Kind::Misuse,
            Kind::Refused,
            Kind::Unsupported,
            Kind::Upstream,
        ];
        let limits = Limit::ALL.map(|limit| Kind::Limit { limit, allowed: 0, found: 1 });
        let ids = kinds.into_iter().chain(limits).map(Kind::event_id);
        let incidents = [
            Incident::Crashed { signal: 6 },
            Incident::Deadline,
            Incident::Exited { code: 1 },
            Incident::Forbidden,
            Incident::Killed,
            Incident::Memory,
            Incident::Output,
            Incident::Poisoned,
            Incident::Protocol,
            Incident::Unavailable,
            Incident::Unconfined,
        ];
        let ids = ids.chain(incidents.map(|incident| Kind::Isolation { incident }.event_id()));
        let mut ids: Vec<_> = ids.chain(CacheTrouble::ALL.map(CacheTrouble::event_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids, CATALOGUE.iter().map(|entry| entry.id).collect::<Vec<_>>());
    }

    #[test]
    fn the_name_of_a_limit_is_the_end_of_its_id() {
        for limit in Limit::ALL {
            assert_eq!(limit.event_id(), format!("refusal.limit.{limit}"));
        }
    }
}
