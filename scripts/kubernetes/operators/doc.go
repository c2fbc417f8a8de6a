// Package operators pins the versions of JobSet and of Kubeflow Trainer that tests run.
package operators
