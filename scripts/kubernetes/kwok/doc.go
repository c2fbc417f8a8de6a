// Package kwok pins the version of KWOK that tests run.
package kwok
