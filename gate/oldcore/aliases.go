// Package oldcore is the core as it was, to compare the new one with.
package oldcore

import (
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

type (
	Observation = observe.Observation
	End         = observe.End
	App         = observe.App
	Preboot     = observe.Preboot
	Look        = observe.Look
	Dyno        = observe.Dyno
	Formation   = observe.Formation
	Release     = observe.Release
	Code        = observe.Code
	Builds      = observe.Builds
	Build       = observe.Build
	LineKind    = observe.LineKind
	Line        = observe.Line
	LogStatus   = observe.LogStatus
	LogState    = observe.LogState
	Trouble     = observe.Trouble
	About       = observe.About
	Budget      = observe.Budget
	TroubleKind = observe.TroubleKind
	CodeRef     = observe.CodeRef
	Config      = rollout.Config
	Picture     = rollout.Picture
	TypePicture = rollout.TypePicture
	DynoPicture = rollout.DynoPicture
	Times       = rollout.Times
	Basis       = rollout.Basis
	Gap         = rollout.Gap
	Source      = rollout.Source
	Moment      = rollout.Moment
	Verdict     = rollout.Verdict
	Result      = rollout.Result
	Reason      = rollout.Reason
	Want        = release.Want
)

const (
	Deadline            = observe.Deadline
	Interrupt           = observe.Interrupt
	Start               = observe.Start
	State               = observe.State
	Sigterm             = observe.Sigterm
	Sigkill             = observe.Sigkill
	Exit                = observe.Exit
	Replace             = observe.Replace
	Sleep               = observe.Sleep
	Metric              = observe.Metric
	Fault               = observe.Fault
	API                 = observe.API
	Loss                = observe.Loss
	Flowing             = observe.Flowing
	Broken              = observe.Broken
	Gapped              = observe.Gapped
	Refused             = observe.Refused
	AboutLook           = observe.AboutLook
	AboutApp            = observe.AboutApp
	AboutBuilds         = observe.AboutBuilds
	AboutCode           = observe.AboutCode
	Unauthorized        = observe.Unauthorized
	Forbidden           = observe.Forbidden
	NotFound            = observe.NotFound
	Unreachable         = observe.Unreachable
	Internal            = observe.Internal
	Proven              = rollout.Proven
	Presumed            = rollout.Presumed
	FromAPI             = rollout.FromAPI
	FromLog             = rollout.FromLog
	FromLimit           = rollout.FromLimit
	Passed              = rollout.Passed
	Failed              = rollout.Failed
	TimedOut            = rollout.TimedOut
	Undecided           = rollout.Undecided
	Cancelled           = rollout.Cancelled
	RolledOut           = rollout.RolledOut
	NothingToRun        = rollout.NothingToRun
	BuildFailed         = rollout.BuildFailed
	ReleaseFailed       = rollout.ReleaseFailed
	DynosCrashed        = rollout.DynosCrashed
	Superseded          = rollout.Superseded
	RolledBack          = rollout.RolledBack
	InvalidInput        = rollout.InvalidInput
	OldDynosRemain      = rollout.OldDynosRemain
	NewDynosMissing     = rollout.NewDynosMissing
	ReleaseMissing      = rollout.ReleaseMissing
	Unproven            = rollout.Unproven
	PlatformUnreachable = rollout.PlatformUnreachable
	KeyUnauthorized     = rollout.KeyUnauthorized
	KeyForbidden        = rollout.KeyForbidden
	AppNotFound         = rollout.AppNotFound
	InternalFailure     = rollout.InternalFailure
	Interrupted         = rollout.Interrupted
)
