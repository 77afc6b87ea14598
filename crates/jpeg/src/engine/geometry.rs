//! Sizes: MCUs, blocks and samples of each component, at the scale that is decoded (T.81 A.1, A.2).
//!
//! A block of 8 x 8 coefficients is turned into 8, 4, 2 or 1 samples a side. Where a component is subsampled
//! by two on both axes it is decoded at twice the scale of the others, so that nothing has to be upsampled.

/// How much smaller than stored the picture is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scale {
    /// As stored.
    Full,
    /// Half the width and height.
    Half,
    /// A quarter.
    Quarter,
    /// An eighth: one sample a block.
    Eighth,
}

impl Scale {
    /// All scales, the smallest picture first.
    pub(crate) const ALL: [Scale; 4] = [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full];

    /// Samples that a side of a block becomes.
    pub(crate) const fn side(self) -> u32 {
        match self {
            Scale::Full => 8,
            Scale::Half => 4,
            Scale::Quarter => 2,
            Scale::Eighth => 1,
        }
    }

    /// The decoded length of a stored side, rounded up so that no sample is lost.
    pub(crate) const fn of(self, stored: u32) -> u32 {
        (stored as u64 * self.side() as u64).div_ceil(8) as u32
    }

    /// The smallest scale at which a `stored` picture is `at_least` that large, or the full one.
    pub(crate) fn covering(stored: (u32, u32), at_least: (u32, u32)) -> Scale {
        let covers = |scale: &Scale| scale.of(stored.0) >= at_least.0 && scale.of(stored.1) >= at_least.1;
        Scale::ALL.into_iter().find(covers).unwrap_or(Scale::Full)
    }
}

/// One component at the decoded scale.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Component {
    /// Sampling factors, 1 to 4.
    pub(crate) h: usize,
    pub(crate) v: usize,
    /// Samples that a side of a block becomes: 1, 2, 4 or 8.
    pub(crate) side: usize,
    /// Blocks in a row and rows of blocks, up to whole MCUs.
    pub(crate) blocks: (usize, usize),
    /// Blocks that hold a part of the picture: what scans of this component alone have.
    pub(crate) own_blocks: (usize, usize),
    /// Decoded samples that belong to the picture, across and down; the rest fills the last blocks.
    pub(crate) own_samples: (usize, usize),
    /// Output samples for one of this component, across and down.
    pub(crate) ratio: (usize, usize),
}

/// The frame at the decoded scale.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
    /// Width and height of the decoded picture.
    pub(crate) size: (usize, usize),
    /// MCUs in a row, and rows of them.
    pub(crate) mcus: (usize, usize),
    /// Output rows that one row of MCUs makes.
    pub(crate) rows_per_mcu: usize,
    components: [Component; 4],
    count: usize,
}

impl Geometry {
    /// `sampling` holds the horizontal and vertical factors of each component, 1 to 4.
    pub(crate) fn new(stored: (u32, u32), sampling: &[(u32, u32)], scale: Scale) -> Geometry {
        let side = scale.side() as usize;
        let (width, height) = (stored.0 as usize, stored.1 as usize);
        let largest =
            |factor: fn(&(u32, u32)) -> u32| sampling.iter().map(factor).max().unwrap_or(1).max(1) as usize;
        let (h_max, v_max) = (largest(|s| s.0), largest(|s| s.1));
        let mcus = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));
        let mut components = [Component::default(); 4];
        for (component, &(h, v)) in components.iter_mut().zip(sampling) {
            let (h, v) = (h.max(1) as usize, v.max(1) as usize);
            let mut doubled = side;
            while doubled < 8
                && (h_max * side).is_multiple_of(h * doubled * 2)
                && (v_max * side).is_multiple_of(v * doubled * 2)
            {
                doubled *= 2;
            }
            let own_blocks = |length: usize, factor: usize, max: usize| (length * factor).div_ceil(max * 8);
            let own_samples =
                |length: usize, factor: usize, max: usize| (length * factor * doubled).div_ceil(max * 8);
            *component = Component {
                h,
                v,
                side: doubled,
                blocks: (mcus.0 * h, mcus.1 * v),
                own_blocks: (own_blocks(width, h, h_max), own_blocks(height, v, v_max)),
                own_samples: (own_samples(width, h, h_max), own_samples(height, v, v_max)),
                ratio: (h_max * side / (h * doubled), v_max * side / (v * doubled)),
            };
        }
        let size = (scale.of(stored.0) as usize, scale.of(stored.1) as usize);
        Geometry { size, mcus, rows_per_mcu: v_max * side, components, count: sampling.len().min(4) }
    }

    /// Samples of all components, whole blocks.
    pub(crate) fn samples(&self) -> u64 {
        let components = self.components().iter();
        components.map(|c| (c.row_samples() * c.rows_per_mcu() * self.mcus.1) as u64).sum()
    }

    pub(crate) fn components(&self) -> &[Component] {
        &self.components[..self.count]
    }
}

impl Component {
    /// Decoded samples in a row, up to whole MCUs.
    pub(crate) fn row_samples(&self) -> usize {
        self.blocks.0 * self.side
    }

    /// Decoded rows for one row of MCUs.
    pub(crate) fn rows_per_mcu(&self) -> usize {
        self.v * self.side
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S420: [(u32, u32); 3] = [(2, 2), (1, 1), (1, 1)];

    #[test]
    fn subsampled_chroma_is_decoded_at_twice_the_scale() {
        let quarter = Geometry::new((4000, 3000), &S420, Scale::Quarter);
        assert_eq!((quarter.size, quarter.mcus, quarter.rows_per_mcu), ((1000, 750), (250, 188), 4));
        let chroma = quarter.components()[1];
        assert_eq!((chroma.side, chroma.ratio, chroma.row_samples()), (4, (1, 1), 1000));
        let full = Geometry::new((4000, 3000), &S420, Scale::Full);
        assert_eq!((full.components()[1].side, full.components()[1].ratio), (8, (2, 2)));
    }

    #[test]
    fn one_axis_alone_is_upsampled() {
        let half = Geometry::new((100, 50), &[(2, 1), (1, 1), (1, 1)], Scale::Half);
        assert_eq!((half.components()[1].side, half.components()[1].ratio), (4, (2, 1)));
        assert_eq!(half.components()[1].own_blocks, (7, 7));
    }

    #[test]
    fn the_smallest_scale_that_is_large_enough_is_chosen() {
        assert_eq!(Scale::covering((4000, 3000), (512, 384)), Scale::Quarter);
        assert_eq!(Scale::covering((4096, 4096), (512, 512)), Scale::Eighth);
        assert_eq!(Scale::covering((300, 300), (256, 256)), Scale::Full);
        assert_eq!(Scale::covering((4000, 3000), (u32::MAX, 1)), Scale::Full);
    }
}
