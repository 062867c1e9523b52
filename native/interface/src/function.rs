//! The C functions and their types, as the compiler knows them.

/// How a type is passed.
#[derive(Clone, Copy)]
pub enum Passing {
    Value,
    /// A pointer to what is read.
    Const,
    /// A pointer to what is written.
    Mut,
}

/// Type of a parameter or result.
#[derive(Clone, Copy)]
pub struct Type {
    pub passing: Passing,
    /// Of a number in Rust, or of a record.
    pub name: &'static str,
}

/// What a parameter or result may be.
pub trait Passed {
    const TYPE: Type;
}

/// What a pointer may lead to: a number, or a record.
pub trait Pointee {
    const NAME: &'static str;
}

macro_rules! numbers {
    ($($type:ty)*) => { $(
        impl Passed for $type {
            const TYPE: Type = Type { passing: Passing::Value, name: stringify!($type) };
        }
        impl Pointee for $type {
            const NAME: &'static str = stringify!($type);
        }
    )* };
}
numbers!(u8 u32 u64 i32 i64 usize);

impl<T: Pointee> Passed for *const T {
    const TYPE: Type = Type {
        passing: Passing::Const,
        name: T::NAME,
    };
}

impl<T: Pointee> Passed for *mut T {
    const TYPE: Type = Type {
        passing: Passing::Mut,
        name: T::NAME,
    };
}

/// Types of a function.
pub trait Signature: Copy {
    const RESULT: Type;
    const PARAMETERS: &'static [Type];
}

macro_rules! signatures {
    () => {
        signatures!(@one);
    };
    ($first:ident $($rest:ident)*) => {
        signatures!(@one $first $($rest)*);
        signatures!($($rest)*);
    };
    (@one $($parameter:ident)*) => {
        impl<R: Passed, $($parameter: Passed),*> Signature
            for unsafe extern "C" fn($($parameter),*) -> R
        {
            const RESULT: Type = R::TYPE;
            const PARAMETERS: &'static [Type] = &[$($parameter::TYPE),*];
        }
    };
}
signatures!(A B C D E F G H);

/// A C function.
pub struct Function {
    pub name: &'static str,
    pub result: Type,
    pub parameters: &'static [Type],
}

impl Function {
    pub const fn new<S: Signature>(name: &'static str, _function: S) -> Self {
        Function {
            name,
            result: S::RESULT,
            parameters: S::PARAMETERS,
        }
    }
}

/// Lists C functions, with a `_` for each parameter: `functions![pbs_close(_)]`.
#[macro_export]
macro_rules! functions {
    ($($name:ident($($parameter:ty),*),)*) => {
        &[$($crate::Function::new(
            stringify!($name),
            $name as unsafe extern "C" fn($($parameter),*) -> _,
        )),*]
    };
}

/// All functions as lines of words between tabs: name, type of the result, types of the parameters.
/// Pointers have `const ` or `mut ` before what they lead to.
pub fn write_functions(functions: &[&[Function]]) -> String {
    let word = |of: &Type| match of.passing {
        Passing::Value => of.name.to_owned(),
        Passing::Const => format!("const {}", of.name),
        Passing::Mut => format!("mut {}", of.name),
    };
    let lines = functions.iter().copied().flatten().map(|function| {
        let parameters = function.parameters.iter().map(word);
        let words = [function.name.to_owned(), word(&function.result)];
        words
            .into_iter()
            .chain(parameters)
            .collect::<Vec<_>>()
            .join("\t")
            + "\n"
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    extern "C" fn nothing() -> u32 {
        0
    }
    extern "C" fn some(_number: usize, _read: *const u8, _written: *mut i64) -> i32 {
        0
    }

    #[test]
    fn functions_tell_their_types() {
        let functions: &[crate::Function] = functions![nothing(), some(_, _, _),];
        assert_eq!(
            crate::write_functions(&[functions]),
            "nothing\tu32\nsome\ti32\tusize\tconst u8\tmut i64\n"
        );
    }
}
