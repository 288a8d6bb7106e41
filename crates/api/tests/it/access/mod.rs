mod audit;
mod people;
mod sessions;
mod tokens;
