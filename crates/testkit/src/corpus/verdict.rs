//! A verdict in the words of the manifest: stated beside a sample, or seen in an outcome.

use fic_core::{Error, FindingKind, Findings, Kind, Limit};

use crate::corpus::Line;
use crate::samples::Expect;

/// What came, or must come, of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The name of the error's kind, or `accept`.
    pub word: String,
    /// The limit that a `limit` names.
    pub limit: Option<String>,
    /// The findings of an `accept`.
    pub findings: Vec<String>,
}

impl From<Expect> for Verdict {
    fn from(expect: Expect) -> Verdict {
        match expect {
            Expect::Accept(findings) => Verdict::accept(findings.iter().copied()),
            Expect::Limit(limit) => Verdict::limit(limit),
            Expect::Malformed => Verdict::plain(Kind::Malformed),
            Expect::Refused => Verdict::plain(Kind::Refused),
            Expect::Unsupported => Verdict::plain(Kind::Unsupported),
        }
    }
}

impl From<&Line> for Verdict {
    fn from(line: &Line) -> Verdict {
        Verdict { word: line.verdict.clone(), limit: line.limit.clone(), findings: line.findings.clone() }
    }
}

impl Verdict {
    /// The verdict that an outcome amounts to, with every finding that was reported.
    pub fn seen(outcome: Result<&Findings, &Error>) -> Verdict {
        match outcome.map_err(Error::kind) {
            Ok(findings) => Verdict::accept(findings.iter().map(|finding| finding.kind)),
            Err(Kind::Limit { limit, .. }) => Verdict::limit(limit),
            Err(kind) => Verdict::plain(kind),
        }
    }

    /// Whether `seen` is what this one states: the same word and limit, and at least these findings.
    pub fn allows(&self, seen: &Verdict) -> bool {
        self.word == seen.word
            && self.limit == seen.limit
            && self.findings.iter().all(|finding| seen.findings.contains(finding))
    }

    fn accept(findings: impl Iterator<Item = FindingKind>) -> Verdict {
        let findings = findings.map(|kind| kind.name().to_owned()).collect();
        Verdict { word: "accept".into(), limit: None, findings }
    }

    fn limit(limit: Limit) -> Verdict {
        Verdict { word: "limit".into(), limit: Some(limit.name().into()), findings: vec![] }
    }

    fn plain(kind: Kind) -> Verdict {
        Verdict { word: kind.name().into(), limit: None, findings: vec![] }
    }
}
