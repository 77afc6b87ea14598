//! What `inspect` answers: the outline of an upload, and what admission would say of it.

use fic_core::{Cost, Findings, Header};
use fic_sniff::PolyglotMarks;
use fic_trail::Summary;

use crate::pipeline::{cost_of, examine};
use crate::policy::Response;
use crate::{Error, Policy, Recipe, Upload};

/// What an upload is, without a pixel decoded.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// What the outline says of the picture.
    pub header: Header,
    /// All findings: those of the header, and those about the file as a whole.
    pub findings: Findings,
    /// What else the file is, and where.
    pub polyglot_marks: PolyglotMarks,
    /// What a 256 x 256 thumbnail would cost; `None` where it would be refused.
    pub predicted: Option<Cost>,
    /// Why a thumbnail would be refused under the policy; `None` where it would be decoded.
    pub refusal: Option<Error>,
}

impl Inspection {
    pub(crate) fn of(policy: &Policy, upload: &Upload<'_>) -> Result<Inspection, Error> {
        // An inspection reports what the policy would refuse.
        let lenient = policy.clone().with_polyglots(Response::Report).with_mismatches(Response::Report);
        let examined = examine(&lenient, upload)?;
        let admission = examine(policy, upload)
            .and_then(|examined| cost_of(policy, upload, &examined.outline, &Recipe::within(256, 256)));
        let header = examined.outline.header().clone();
        let mut findings = header.findings.clone();
        findings.merge(&examined.findings);
        let (predicted, refusal) = match admission {
            Ok(cost) => (Some(cost), None),
            Err(refusal) => (None, Some(refusal)),
        };
        Ok(Inspection { header, findings, polyglot_marks: examined.marks, predicted, refusal })
    }

    /// What whoever watches is told.
    pub(crate) fn summary(&self) -> Summary<'_> {
        Summary {
            format: self.header.format,
            size: (self.header.width.get(), self.header.height.get()),
            predicted: None,
            held_bytes: None,
            findings: &self.findings,
        }
    }
}
