#Requires -Version 5.1
# What the logon task starts in the CAM user's session: the runner, with its window hidden. Its exit code tells the task whether to restart it.
[CmdletBinding()]
param([Parameter(Mandatory = $true)][string]$ConfigFile)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$app = Split-Path -Parent $PSScriptRoot
& (Join-Path $app 'runtime\node.exe') (Join-Path $app 'cmdhost\main.js') 'runner' '--config' $ConfigFile
exit $LASTEXITCODE
