//! What the caller says about names that are to be left out.

use super::{Next, Walker};
use crate::marks;
use crate::record;
use crate::selection::Selection;

impl Walker {
    /// Allowed before the walk begins and while it waits for rules.
    pub fn add_patterns(&mut self, program: &[u8]) -> Option<()> {
        matches!(self.next, Next::ReadRoot | Next::AwaitRules).then_some(())?;
        self.rules.patterns.add(program)
    }

    /// Whether each pattern that was there before the walk has matched anything.
    pub fn met_patterns(&self) -> &[bool] {
        self.rules.patterns.met()
    }

    /// Allowed before the walk begins.
    pub fn watch(&mut self, program: &[u8]) -> Option<()> {
        (self.next == Next::ReadRoot).then_some(())?;
        self.rules.marks = marks::parse(program)?;
        Some(())
    }

    /// Allowed before the walk begins.
    pub fn select(&mut self, paths: &[u8]) -> Option<()> {
        (self.next == Next::ReadRoot).then_some(())?;
        let selection = Selection::new(paths)?;
        self.top().level.reach = Some(selection.all());
        self.rules.selection = Some(selection);
        Some(())
    }

    /// Whether each of the selected paths was found.
    pub fn selected(&self) -> impl Iterator<Item = bool> {
        self.rules.selection.iter().flat_map(Selection::met)
    }

    /// Allowed while the walk waits for rules.
    pub fn add_ignores(&mut self, program: &[u8], alone: bool) -> Option<()> {
        (self.next == Next::AwaitRules).then_some(())?;
        self.rules.add_ignores(program, alone)
    }

    /// Drops all names of the directory on top but those that are given, with a NUL behind each.
    /// Allowed while the walk waits for rules.
    pub fn keep(&mut self, names: &[u8]) -> Option<()> {
        (self.next == Next::AwaitRules).then_some(())?;
        self.top().listing.retain(|name, _| {
            let mut wanted = names.split(|&byte| byte == 0);
            wanted.any(|wanted| wanted == name.to_bytes())
        });
        Some(())
    }

    /// Tells of the next mark that the directory on top has; then waits for what follows from all of
    /// them, or goes on.
    pub(super) fn read_marks(&mut self) {
        let Self {
            stack, rules, mark, ..
        } = self;
        let frame = stack.last().expect("there is a directory to look into");
        while let Some(watched) = rules.marks.get(*mark) {
            let index = *mark as u32;
            *mark += 1;
            if !frame.listing.contains(watched.name().to_bytes()) {
                continue;
            }
            let result = watched.read(frame.raw());
            if let Err((_, error)) = result
                && self.wait_for_descriptor(error)
            {
                self.mark -= 1;
                return;
            }
            match result {
                Ok(None) => return,
                Ok(Some(content)) => record::mark(&mut self.pending, index, Ok(&content)),
                Err(failure) => record::mark(&mut self.pending, index, Err(failure)),
            }
            self.has_told = true;
            return;
        }
        self.next = if self.has_told {
            Next::AwaitRules
        } else {
            self.apply_rules();
            Next::Begin
        };
    }

    /// Drops what is left out of the directory on top.
    pub(super) fn apply_rules(&mut self) {
        let Self {
            stack, path, rules, ..
        } = self;
        let frame = stack.last_mut().expect("there is a directory to filter");
        frame.filter(path, rules);
    }
}
