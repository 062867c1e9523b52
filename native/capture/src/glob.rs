//! Compiled match entries, and the procedure that matches them against paths.
//!
//! The twin in TypeScript compiles the patterns and defines the behaviour.

use crate::layout::{glob_kind, match_flag};
use crate::program::Program;

const SLASH: u8 = b'/';

/// Results of matching the rest of a pattern against the rest of a text.
const NO: u8 = 0;
const MATCH: u8 = 1;
/// The text is used up: dropping more of it cannot help.
const ABORT: u8 = 2;
/// A single star ran into a slash.
const UP: u8 = 3;

enum Component {
    Literal(Vec<u8>),
    AnyByte,
    Star,
    /// The literal behind it, if there is one, begins with a slash that may be left out.
    StarStar,
    Class([u8; 32]),
}

struct MatchEntry {
    include: bool,
    anchored: bool,
    directories_only: bool,
    components: Vec<Component>,
    stars: usize,
}

/// One result per text position for the components at and behind the current one.
#[derive(Default)]
struct Rows {
    row: Vec<u8>,
    next: Vec<u8>,
    after_next: Vec<u8>,
}

/// Match entries in order; the last one that matches decides.
#[derive(Default)]
pub struct MatchList {
    entries: Vec<MatchEntry>,
    rows: Rows,
    /// Whether each entry of the first addition has matched anything. Outlives the entries.
    met: Option<Vec<bool>>,
    /// How many of them have not.
    unmet: usize,
}

impl Program<'_> {
    /// Entry: flags, component count, components; component: kind, length, bytes.
    fn entry(&mut self) -> Option<MatchEntry> {
        let flags = self.u32()?;
        let count = self.u32()?;
        let mut components = Vec::new();
        for _ in 0..count {
            let kind = self.u32()?;
            let len = self.u32()? as usize;
            let bytes = self.bytes(len)?;
            components.push(match (kind, len) {
                (glob_kind::LITERAL, 1..) => Component::Literal(bytes.to_vec()),
                (glob_kind::ANY_BYTE, 0) => Component::AnyByte,
                (glob_kind::STAR, 0) => Component::Star,
                (glob_kind::STAR_STAR, 0) => Component::StarStar,
                (glob_kind::CLASS, 32) => Component::Class(bytes.try_into().ok()?),
                _ => return None,
            });
        }
        let legal = components.windows(2).all(|pair| match pair {
            [Component::StarStar, Component::Literal(literal)] => literal[0] == SLASH,
            [Component::StarStar, _] => false,
            _ => true,
        });
        let is_star = |c: &&Component| matches!(c, Component::Star | Component::StarStar);
        let stars = components.iter().filter(is_star).count();
        let [include, anchored, directories_only] = [
            match_flag::INCLUDE,
            match_flag::ANCHORED,
            match_flag::DIRECTORIES_ONLY,
        ]
        .map(|bit| flags & bit != 0);
        legal.then_some(MatchEntry {
            include,
            anchored,
            directories_only,
            components,
            stars,
        })
    }
}

impl MatchList {
    /// One that does not note which entries have matched.
    pub fn without_met() -> Self {
        Self {
            met: Some(Vec::new()),
            ..Self::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    /// Appends compiled entries; `None` if they are malformed.
    pub fn add(&mut self, program: &[u8]) -> Option<()> {
        let mut program = Program(program);
        let mut added = Vec::new();
        while !program.0.is_empty() {
            added.push(program.entry()?);
        }
        if self.met.is_none() {
            self.met = Some(vec![false; added.len()]);
            self.unmet = added.len();
        }
        self.entries.append(&mut added);
        Some(())
    }

    /// Whether the last entry that matches a path includes it; `None` if none matches.
    /// `is_directory` is asked only if the answer depends on it; its error is passed on.
    pub fn evaluate<E>(
        &mut self,
        path: &[u8],
        is_directory: impl FnMut() -> Result<bool, E>,
    ) -> Result<Option<bool>, E> {
        self.evaluate_from(0, path, is_directory)
    }

    /// The same without the entries before `from`.
    pub fn evaluate_from<E>(
        &mut self,
        from: usize,
        path: &[u8],
        mut is_directory: impl FnMut() -> Result<bool, E>,
    ) -> Result<Option<bool>, E> {
        for index in (from..self.entries.len()).rev() {
            let entry = &self.entries[index];
            if entry.matches(path, &mut self.rows) && (!entry.directories_only || is_directory()?) {
                let include = entry.include;
                if self.unmet > 0 {
                    self.meet(index, path, &mut is_directory);
                }
                return Ok(Some(include));
            }
        }
        Ok(None)
    }

    /// Notes which entries of the first addition match a path that the one at `decisive` decides.
    fn meet<E>(
        &mut self,
        decisive: usize,
        path: &[u8],
        is_directory: &mut impl FnMut() -> Result<bool, E>,
    ) {
        let met = self.met.as_deref_mut().unwrap_or_default();
        for (index, (entry, met)) in self.entries.iter().zip(met).enumerate() {
            if index > decisive {
                break;
            }
            let mut matches = || {
                entry.matches(path, &mut self.rows)
                    && (!entry.directories_only || is_directory().unwrap_or(false))
            };
            if !*met && (index == decisive || matches()) {
                *met = true;
                self.unmet -= 1;
            }
        }
    }

    /// Whether each entry of the first addition has matched anything.
    pub fn met(&self) -> &[bool] {
        self.met.as_deref().unwrap_or_default()
    }
}

impl MatchEntry {
    fn matches(&self, path: &[u8], rows: &mut Rows) -> bool {
        if !self.possible(path) {
            return false;
        }
        if self.stars > 1 {
            self.fill_rows(path, rows);
            if self.anchored {
                return rows.next[0] == MATCH;
            }
            return starts(path).any(|at| rows.next[at] == MATCH);
        }
        if self.anchored {
            return match_rest(&self.components, path) == MATCH;
        }
        starts(path).any(|at| match_rest(&self.components, &path[at..]) == MATCH)
    }

    /// A cheap condition every path that matches fulfils: it ends like the pattern does.
    fn possible(&self, path: &[u8]) -> bool {
        match self.components.last() {
            // The first byte may be the slash that a double star swallows.
            Some(Component::Literal(tail)) => path.ends_with(&tail[1..]),
            _ => true,
        }
    }

    /// The procedure for all positions at once, last component first, so that no pattern takes more
    /// than components x length steps. Leaves the results of the whole pattern in `rows.next`.
    fn fill_rows(&self, text: &[u8], rows: &mut Rows) {
        let end = text.len();
        for row in [&mut rows.row, &mut rows.next, &mut rows.after_next] {
            row.clear();
            row.resize(end + 1, NO);
        }
        rows.next[end] = MATCH;
        let mut following: Option<&Component> = None;
        for component in self.components.iter().rev() {
            let Rows {
                row,
                next,
                after_next,
            } = rows;
            match (component, following) {
                (Component::Star, following) => {
                    let is_last = following.is_none();
                    row[end] = if is_last { MATCH } else { ABORT };
                    for at in (0..end).rev() {
                        row[at] = match (next[at], text[at]) {
                            (result, _) if result != NO && !is_last => result,
                            (_, SLASH) => UP,
                            _ => row[at + 1],
                        };
                    }
                }
                (Component::StarStar, Some(Component::Literal(literal))) => {
                    let reduced = &literal[1..];
                    let mut rest = ABORT;
                    row[end] = ABORT;
                    for at in (0..end).rev() {
                        if matches!(next[at], MATCH | ABORT) {
                            rest = next[at];
                        }
                        let skips = text[at..].starts_with(reduced)
                            && after_next[at + reduced.len()] == MATCH;
                        row[at] = if skips { MATCH } else { rest };
                    }
                }
                (Component::StarStar, _) => row.fill(MATCH),
                (single, _) => {
                    row[end] = ABORT;
                    for at in 0..end {
                        row[at] = match consume(single, &text[at..]) {
                            Some(len) => next[at + len],
                            None => NO,
                        };
                    }
                }
            }
            // Now `next` is this component's row and `after_next` that of the one behind it.
            std::mem::swap(&mut rows.after_next, &mut rows.next);
            std::mem::swap(&mut rows.next, &mut rows.row);
            following = Some(component);
        }
    }
}

/// The complete path and the part behind each of its slashes; none of an empty path.
fn starts(path: &[u8]) -> impl Iterator<Item = usize> {
    let first = (!path.is_empty()).then_some(0);
    let behind = path
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == SLASH)
        .map(|(i, _)| i + 1);
    first.into_iter().chain(behind)
}

/// How much of a non-empty text a component without choice takes, `None` if it does not match.
fn consume(component: &Component, text: &[u8]) -> Option<usize> {
    match component {
        Component::Literal(literal) => text.starts_with(literal).then_some(literal.len()),
        Component::AnyByte => (text[0] != SLASH).then_some(1),
        Component::Class(members) => {
            (members[(text[0] >> 3) as usize] & (1 << (text[0] & 7)) != 0).then_some(1)
        }
        Component::Star | Component::StarStar => None,
    }
}

/// The procedure as it is defined; for patterns with at most one star.
fn match_rest(components: &[Component], mut text: &[u8]) -> u8 {
    for (index, component) in components.iter().enumerate() {
        let rest = &components[index + 1..];
        match component {
            Component::Star => return match_star(rest, text),
            Component::StarStar => return match_star_star(rest, text),
            _ if text.is_empty() => return ABORT,
            single => match consume(single, text) {
                Some(len) => text = &text[len..],
                None => return NO,
            },
        }
    }
    if text.is_empty() { MATCH } else { NO }
}

fn match_star(rest: &[Component], text: &[u8]) -> u8 {
    if rest.is_empty() && !text.contains(&SLASH) {
        return MATCH;
    }
    for at in 0..text.len() {
        let result = match_rest(rest, &text[at..]);
        if result != NO {
            return result;
        }
        if text[at] == SLASH {
            return UP;
        }
    }
    ABORT
}

fn match_star_star(rest: &[Component], text: &[u8]) -> u8 {
    let Some(Component::Literal(literal)) = rest.first() else {
        return MATCH;
    };
    if let Some(behind) = text.strip_prefix(&literal[1..])
        && !text.is_empty()
        && match_rest(&rest[1..], behind) == MATCH
    {
        return MATCH;
    }
    for at in 0..text.len() {
        let result = match_rest(rest, &text[at..]);
        if result == MATCH || result == ABORT {
            return result;
        }
    }
    ABORT
}

#[cfg(test)]
#[path = "glob_test.rs"]
mod tests;
