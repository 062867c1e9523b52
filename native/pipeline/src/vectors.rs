//! Which vector instructions are used: those that the processor has, unless the environment says less.

use crate::layout::vector_path;
use std::sync::LazyLock;

/// Names the most that may be used: `avx512`, `avx2` or `none`; for measuring what other processors do.
const VARIABLE: &str = "PBS_CLIENT_VECTORS";

/// Instruction sets that may be used.
#[derive(Clone, Copy, Default)]
pub struct Vectors {
    /// With permutations of bytes, as the rolling hash needs them.
    pub avx512: bool,
    /// Those without, as SHA-256 side by side uses them.
    pub avx512_small: bool,
    pub avx2: bool,
    pub sha: bool,
}

static ALLOWED: LazyLock<Vectors> = LazyLock::new(|| {
    let found = Vectors::found();
    match std::env::var(VARIABLE).as_deref() {
        Ok("none") => Vectors::default(),
        Ok("avx2") => Vectors {
            avx512: false,
            avx512_small: false,
            ..found
        },
        _ => found,
    }
});

impl Vectors {
    pub fn allowed() -> Self {
        *ALLOWED
    }

    /// Bits of `VectorPath`.
    pub fn paths(self) -> u32 {
        let cut = if self.avx512 {
            vector_path::CUT_AVX512
        } else if self.avx2 {
            vector_path::CUT_AVX2
        } else {
            0
        };
        let hash = match (self.sha, self.avx512_small) {
            (false, _) => 0,
            (true, false) => vector_path::HASH_SHA,
            (true, true) => vector_path::HASH_SHA | vector_path::HASH_AVX512,
        };
        cut | hash
    }

    #[cfg(target_arch = "x86_64")]
    fn found() -> Self {
        let avx512f = is_x86_feature_detected!("avx512f");
        Self {
            avx512: avx512f
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi"),
            avx512_small: avx512f && is_x86_feature_detected!("avx512vl"),
            avx2: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2"),
            sha: is_x86_feature_detected!("sha")
                && is_x86_feature_detected!("ssse3")
                && is_x86_feature_detected!("sse4.1"),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn found() -> Self {
        Self::default()
    }
}
