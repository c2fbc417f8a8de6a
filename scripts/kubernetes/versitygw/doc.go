// Package versitygw pins the version of the object store that tests run.
package versitygw
