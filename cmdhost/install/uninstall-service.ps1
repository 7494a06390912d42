#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
    Removes the MCMS agent from this workstation: drains it, then takes away service, tasks and program.
.DESCRIPTION
    Configuration, keys and work folder stay. Results not yet sent are in the work folder's journal: start the agent once
    more before you delete it. Remove the certificate in the Entra admin centre, too.
.PARAMETER Force
    Stops without draining: runs are ended and reported lost. For an agent that cannot answer any more.
.EXAMPLE
    .\uninstall-service.ps1 -ConfigFile C:\ProgramData\MCMS\CmdHost\cmdhost.json
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)][ValidateNotNullOrEmpty()][string]$ConfigFile,
    [ValidateNotNullOrEmpty()][string]$InstallFolder = 'C:\Program Files\MCMS\CmdHost',
    [ValidatePattern('^[A-Za-z0-9]+$')][string]$ServiceName = 'McmsCmdHost',
    [switch]$Force
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'common.ps1')

$app = Join-Path $InstallFolder 'app'
$wrapper = Join-Path $InstallFolder "$ServiceName.exe"
if ($null -ne (Get-Service -Name $ServiceName -ErrorAction SilentlyContinue)) {
    if ($Force) { Stop-Service -Name $ServiceName -Force }
    else { Stop-Agent -ServiceName $ServiceName -Cmdhost (Join-Path $app 'bin\cmdhost.cmd') -ConfigFile $ConfigFile }
    Invoke-Tool -Program $wrapper -Arguments @('uninstall')
}
foreach ($task in @("$ServiceName runner", "$ServiceName rotate")) {
    Get-ScheduledTask -TaskName $task -ErrorAction SilentlyContinue | Unregister-ScheduledTask -Confirm:$false
}
foreach ($path in @($app, "$app.previous", "$app.new", $wrapper, (Join-Path $InstallFolder "$ServiceName.xml"))) {
    if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force }
}
if ([System.Diagnostics.EventLog]::SourceExists($ServiceName)) { [System.Diagnostics.EventLog]::DeleteEventSource($ServiceName) }
Write-Host "MCMS CmdHost was removed. Configuration, keys and work folder stay; logs are in $InstallFolder\logs."
