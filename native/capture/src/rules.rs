//! What decides which names of a directory are read.

use crate::glob::MatchList;
use crate::marks::Mark;
use crate::selection::{Reach, Selection};

/// Everything that leaves names out. What says less comes first: the selection, then the patterns, and
/// the ignore rules where no pattern has an opinion.
#[derive(Default)]
pub struct Rules {
    pub selection: Option<Selection>,
    pub patterns: MatchList,
    ignores: MatchList,
    /// Ignore rules before this one do not apply here.
    ignores_from: usize,
    pub marks: Vec<Mark>,
}

/// What held before a directory was entered, and what of the selection lies in it.
#[derive(Clone, Copy)]
pub struct Level {
    patterns: usize,
    ignores: usize,
    ignores_from: usize,
    pub reach: Option<Reach>,
}

impl Rules {
    pub fn new() -> Self {
        Self {
            ignores: MatchList::without_met(),
            ..Self::default()
        }
    }

    /// The level of a directory that is about to be entered; none is given for the root's parent.
    pub fn level(&self, parent: Option<&Level>, name: &[u8]) -> Level {
        let reach =
            self.selection
                .as_ref()
                .map(|selection| match parent.and_then(|parent| parent.reach) {
                    Some(reach) => selection.below(reach, name),
                    None => selection.all(),
                });
        Level {
            patterns: self.patterns.len(),
            ignores: self.ignores.len(),
            ignores_from: self.ignores_from,
            reach,
        }
    }

    /// To be called when a directory is left.
    pub fn restore(&mut self, level: &Level) {
        self.patterns.truncate(level.patterns);
        self.ignores.truncate(level.ignores);
        self.ignores_from = level.ignores_from;
    }

    /// Appends ignore rules; `None` if they are malformed. `alone`: earlier ones end here.
    pub fn add_ignores(&mut self, program: &[u8], alone: bool) -> Option<()> {
        let before = self.ignores.len();
        self.ignores.add(program)?;
        if alone {
            self.ignores_from = before;
        }
        Some(())
    }

    /// Whether no pattern and no rule can leave anything out.
    pub fn are_silent(&self) -> bool {
        self.patterns.is_empty() && self.ignores.len() == self.ignores_from
    }

    /// Whether a path is left out.
    pub fn exclude<E>(
        &mut self,
        path: &[u8],
        mut is_directory: impl FnMut() -> Result<bool, E>,
    ) -> Result<bool, E> {
        let decided = match self.patterns.evaluate(path, &mut is_directory)? {
            None => self
                .ignores
                .evaluate_from(self.ignores_from, path, is_directory)?,
            decided => decided,
        };
        Ok(decided == Some(false))
    }
}
